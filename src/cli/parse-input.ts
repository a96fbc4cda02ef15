/** Reads the words after a command's name by its spec. Commander does the parsing and the text of the help. */
import { CommanderError, Option, Command as Parser } from 'commander';
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec } from './command-spec.ts';
import { commonOptions, type Input, inputOf } from './input.ts';

export type ParsedInput = { readonly kind: 'run'; readonly input: Input } | { readonly kind: 'help' };

/** Raises USAGE. */
export function parseInput(name: string, spec: CommandSpec, words: readonly string[]): ParsedInput {
  const parser = parserOf(name, spec)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  const seen = collectOptions(parser);
  try {
    parser.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { kind: 'help' };
    throw usageError(name, error);
  }
  return { kind: 'run', input: inputOf({ arguments: argumentsOf(spec, parser.args), options: seen }, spec) };
}

/** Usage, arguments, options: as text of the given width. */
export function helpBody(name: string, spec: CommandSpec, columns: number): string {
  return parserOf(name, spec).configureHelp({ helpWidth: columns }).helpInformation();
}

function parserOf(name: string, spec: CommandSpec): Parser {
  const parser = new Parser(`lifeboat ${name}`);
  parser
    .description(spec.description)
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'explain this command');
  for (const each of spec.arguments ?? []) parser.argument(argumentText(each), each.description);
  for (const each of [...(spec.options ?? []), ...commonOptions]) parser.addOption(optionOf(each));
  return parser;
}

/** What was given, in its order; Commander tells of every option as it comes. */
function collectOptions(parser: Parser): Map<string, string[]> {
  const seen = new Map<string, string[]>();
  for (const option of parser.options) {
    const flag = option.long ?? option.flags;
    parser.on(`option:${option.name()}`, (value: unknown) => {
      const values = seen.get(flag) ?? [];
      seen.set(flag, typeof value === 'string' ? [...values, value] : values);
    });
  }
  return seen;
}

function optionOf(spec: OptionSpec): Option {
  const value = spec.value === undefined ? '' : ` <${spec.value}>`;
  const again = spec.repeatable === true ? ' (may be repeated)' : '';
  const flags = `${spec.short === undefined ? '' : `${spec.short}, `}${spec.flag}${value}`;
  const option = new Option(flags, spec.description + again);
  return spec.choices === undefined ? option : option.choices([...spec.choices]);
}

function argumentText({ name, kind = 'required' }: ArgumentSpec): string {
  if (kind === 'optional') return `[${name}]`;
  if (kind === 'any') return `[${name}...]`;
  return kind === 'many' ? `<${name}...>` : `<${name}>`;
}

function argumentsOf(spec: CommandSpec, words: readonly string[]): Map<string, readonly string[]> {
  const specs = spec.arguments ?? [];
  const byName = new Map<string, readonly string[]>();
  for (const [index, each] of specs.entries()) {
    const own =
      each.kind === 'many' || each.kind === 'any' ? words.slice(index) : words.slice(index, index + 1);
    byName.set(each.name, own);
  }
  return byName;
}

function usageError(name: string, error: CommanderError): LifeboatError {
  const [first = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  const message = first.replaceAll("'", '"').replace('. Allowed choices', '; choices').replace(/\.$/, '');
  const suggestion = more
    .join(' ')
    .trim()
    .replace(/^\(|\)$/g, '');
  const hint = `${suggestion === '' ? '' : `${suggestion} `}Run \`lifeboat ${name} --help\`.`;
  return new LifeboatError('USAGE', message, { hint });
}
