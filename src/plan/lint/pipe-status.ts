import { hasSecretArgument } from '../command-secrets.ts';
import type { PlanEdit } from '../plan-edit.ts';
import { carriesData } from '../shell/dump-programs.ts';
import type { ShellScript, SimpleCommand } from '../shell/shell-script.ts';
import { ofLine } from './command-place.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { type PlanCommand, planCommands } from './plan-commands.ts';

export const pipeStatus: LintRule = {
  id: 'pipe-status',
  number: 'T12',
  severity: 'warning',
  title: 'a failure inside a pipe goes unnoticed',
  explanation:
    'A shell reports only the status of the last program of a pipe. A dump that fails is then compressed and kept as if it were whole.',
  fix: 'Drop the pipe (vaults compress by themselves), or run it as [bash, -o, pipefail, -c, "…"].',
  check: (_plan, _facts, written) => planCommands(written).flatMap(hitsOf),
};

function hitsOf(command: PlanCommand): readonly LintHit[] {
  const piped = command.read.scripts.map((script) => swallowed(script, command.isCapture));
  const first = piped.find((each) => each !== undefined);
  if (first === undefined) return [];
  const what = command.isCapture ? 'the capture counts as done' : 'the command counts as done';
  const program = first.words[0]?.text.split('/').at(-1) ?? 'a program';
  return [
    {
      at: command.at,
      message: `when ${program} before the "|" fails, ${what}${ofLine(command, first.line)}`,
      suggestion: 'drop the pipe, or run it as [bash, -o, pipefail, -c, "…"]',
      // what an inner shell loses is not found by the outer one
      ...(piped.slice(1).some((each) => each !== undefined) ? {} : pipefailEdit(command)),
    },
  ];
}

/** The first program whose status a pipe loses: any in a capture, elsewhere only one that data comes from or goes to. */
function swallowed({ commands }: ShellScript, isCapture: boolean): SimpleCommand | undefined {
  return commands.find((command, index) => {
    const next = commands[index + 1];
    if (next?.joint !== '|' || next.pipeline !== command.pipeline || command.pipefail) return false;
    if (isCapture) return !isPrinter(command);
    return carriesData(command.words[0]?.text ?? '') && !isJudge(commands, command.pipeline);
  });
}

/** Whether the last program of the pipe looks for what must be there, and so fails when nothing comes. */
function isJudge(commands: readonly SimpleCommand[], pipeline: number): boolean {
  const last = commands.findLast((command) => command.pipeline === pipeline)?.words[0]?.text ?? '';
  return ['grep', 'egrep', 'fgrep', 'rg', 'jq', 'cmp', 'diff', 'sha256sum', 'md5sum', 'b3sum'].includes(last);
}

/** Programs that only say something, or list what is there. */
function isPrinter({ words }: SimpleCommand): boolean {
  const [program = '', ...rest] = words.map(({ text }) => text);
  return ['echo', 'printf', 'yes', 'true'].includes(program) || (program === 'aws' && rest.includes('ls'));
}

/** By bash, for many a `sh` knows no pipefail. Not for scripts of several lines, nor where a secret would be repeated. */
function pipefailEdit({ at, text, shell }: PlanCommand): { readonly edits?: readonly PlanEdit[] } {
  if (!shell || text.includes('\n') || hasSecretArgument(text)) return {};
  return { edits: [{ kind: 'set', at, value: ['bash', '-o', 'pipefail', '-c', text] }] };
}
