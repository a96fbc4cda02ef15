/** What stood on the command line, by the names of the command's spec. */
import { assert } from '../error/assert.ts';
import type { CommandSpec } from './command-spec.ts';

export interface Input {
  /** The words as typed, without the command's name. */
  argument(name: string): string | undefined;
  /** For arguments that must be there: the parser has seen to it. */
  required(name: string): string;
  list(name: string): readonly string[];
  /** A switch, such as `--json`. */
  has(flag: string): boolean;
  /** An option's value; the last one when it was given more than once. */
  value(flag: string): string | undefined;
  values(flag: string): readonly string[];
}

export interface ParsedWords {
  /** By argument name. */
  readonly arguments: ReadonlyMap<string, readonly string[]>;
  /** By flag; a switch that was given has no values. */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** Options that every command has. */
export const commonOptions = [
  { flag: '--json', description: 'print one JSON object a line, for programs' },
  { flag: '--debug', description: 'show where in the program an error arose' },
] as const;

/** Asking for a name that the spec does not have is a fault of the command. */
export function inputOf(words: ParsedWords, spec: CommandSpec): Input {
  const argumentNames = new Set(spec.arguments?.map((each) => each.name));
  const flags = new Set([...(spec.options ?? []), ...commonOptions].map((each) => each.flag));
  const ofArgument = (name: string) => {
    assert(argumentNames.has(name), `the command has an argument ${name}`);
    return words.arguments.get(name) ?? [];
  };
  const ofOption = (flag: string) => {
    assert(flags.has(flag), `the command has an option ${flag}`);
    return words.options.get(flag);
  };
  return {
    argument: (name) => ofArgument(name)[0],
    required: (name) => {
      const [value] = ofArgument(name);
      assert(value !== undefined, `the argument ${name} was required`);
      return value;
    },
    list: ofArgument,
    has: (flag) => ofOption(flag) !== undefined,
    value: (flag) => ofOption(flag)?.at(-1),
    values: (flag) => ofOption(flag) ?? [],
  };
}
