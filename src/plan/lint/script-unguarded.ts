import { hasSecretArgument } from '../command-secrets.ts';
import type { PlanEdit } from '../plan-edit.ts';
import { carriesData } from '../shell/dump-programs.ts';
import type { ShellScript, SimpleCommand } from '../shell/shell-script.ts';
import { ofLine } from './command-place.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { type PlanCommand, planCommands } from './plan-commands.ts';

export const scriptUnguarded: LintRule = {
  id: 'script-unguarded',
  number: 'T12',
  severity: 'warning',
  title: 'a script goes on after a failure',
  explanation:
    'Without "set -e" a shell does the next command whatever became of the one before, and reports only the status of the last. ' +
    'A dump that fails is then compressed, uploaded and called complete.',
  fix: 'Begin the script with "set -e" (and "set -o pipefail" where it runs under bash), or join the commands with &&.',
  check: (_plan, _facts, written) => planCommands(written).flatMap(hitsOf),
};

function hitsOf(command: PlanCommand): readonly LintHit[] {
  const excused = command.isCapture || command.role === 'restore' ? excusedIn(command) : [];
  return excused.length > 0 ? excused : lostIn(command);
}

/** `pg_dump … || true`: the failure is seen, and made into a success. */
function excusedIn(command: PlanCommand): readonly LintHit[] {
  const { calls, scripts } = command.read;
  const found = calls.find((call) => carriesData(call.program) && isExcused(scripts, call.command));
  if (found === undefined) return [];
  const message = `when ${found.program} fails${ofLine(command, found.line)}, what stands behind the "||" makes a success of it`;
  const suggestion = 'take away what stands behind the "||", or let it end with "exit 1"';
  return [{ at: command.at, severity: 'error', message, suggestion }];
}

function isExcused(scripts: readonly ShellScript[], failing: SimpleCommand): boolean {
  const commands = scripts.find((script) => script.commands.includes(failing))?.commands ?? [];
  const answer = commands.find(
    ({ list, joint }, index) => list === failing.list && joint === '||' && index > commands.indexOf(failing),
  );
  return [':', 'true'].includes(answer?.words[0]?.text ?? '');
}

function lostIn(command: PlanCommand): readonly LintHit[] {
  const lost = command.read.scripts.map(firstLost).find((each) => each !== undefined);
  if (lost === undefined) return [];
  const { failing, next, last } = lost;
  const ends = last === next ? '' : `, and ${nameOf(last)} decides how it ends`;
  const message = `when ${nameOf(failing)} fails${ofLine(command, failing.line)}, ${nameOf(next)} runs all the same${ends}`;
  const isData =
    carriesData(failing.words[0]?.text ?? '') && (command.isCapture || command.role === 'restore');
  return [
    {
      at: command.at,
      ...(isData ? { severity: 'error' as const } : {}),
      message,
      suggestion: 'begin the script with "set -e"',
      ...guardEdit(command),
    },
  ];
}

interface Lost {
  readonly failing: SimpleCommand;
  readonly next: SimpleCommand;
  readonly last: SimpleCommand;
}

/** The first command whose failure nothing sees; the first that carries data when there is one. */
function firstLost({ commands, isWhole }: ShellScript): Lost | undefined {
  const last = commands.at(-1);
  if (last === undefined || (!isWhole && commands.some(handlesFailures))) return undefined;
  if (commands.some(handlesFailures)) return undefined;
  const guarded = listsWithAnswer(commands);
  const lost = commands.filter(
    (each) =>
      !each.errexit &&
      !each.isCondition &&
      each.list !== last.list &&
      canFail(each) &&
      !guarded.has(each.list),
  );
  const failing = lost.find(({ words }) => carriesData(words[0]?.text ?? '')) ?? lost[0];
  const next = failing === undefined ? undefined : commands.find(({ list }) => list > failing.list);
  return failing === undefined || next === undefined ? undefined : { failing, next, last };
}

/** `a || exit 1`: what follows an `||` answers to the failure. */
function listsWithAnswer(commands: readonly SimpleCommand[]): ReadonlySet<number> {
  return new Set(commands.filter(({ joint }) => joint === '||').map(({ list }) => list));
}

/** A script that looks at statuses by itself, or traps errors, is left alone. */
function handlesFailures({ words, assignments }: SimpleCommand): boolean {
  const isTrap = words[0]?.text === 'trap' && words.some(({ text }) => text === 'ERR');
  const texts = [...words, ...assignments.map(({ value }) => value)].map(({ text }) => text);
  return isTrap || texts.some((text) => /\$\?|PIPESTATUS/.test(text));
}

/** Programs that end well, or whose failure changes nothing. */
const harmless = [
  'echo',
  'printf',
  ':',
  'true',
  'export',
  'set',
  'shopt',
  'umask',
  'trap',
  'local',
  'readonly',
  'declare',
  'sleep',
  'date',
  'unset',
  'exit',
  'return',
  'wait',
  'logger',
];

function canFail({ words }: SimpleCommand): boolean {
  const program = words[0]?.text;
  return program !== undefined && !harmless.includes(program);
}

function nameOf({ words, line }: SimpleCommand): string {
  return words[0]?.text.split('/').at(-1)?.slice(0, 40) ?? `line ${line}`;
}

/** Only for scripts that are text for `sh -c`, and not where a secret would be repeated. */
function guardEdit({ at, text, shell, read }: PlanCommand): { readonly edits?: readonly PlanEdit[] } {
  const isInside = read.scripts.slice(1).some((script) => firstLost(script) !== undefined);
  if (!shell || isInside || hasSecretArgument(text)) return {};
  const [first = '', ...rest] = text.split('\n');
  const guarded = first.startsWith('#!')
    ? [first, 'set -e', ...rest].join('\n')
    : text.includes('\n')
      ? `set -e\n${text}`
      : `set -e; ${text}`;
  return { edits: [{ kind: 'set', at, value: guarded }] };
}
