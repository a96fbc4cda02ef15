import type { PlanPath } from '../plan-path.ts';
import { type Plan, planSchema } from '../plan-schema.ts';
import { walkFields } from '../schema-walk.ts';
import { type ReadCommand, readCommand } from '../shell/program-call.ts';

/** A command that stands in the plan, with its place and what can be read in it. */
export interface PlanCommand {
  readonly at: PlanPath;
  /** One text: the words for `sh -c`, or the arguments with spaces between. */
  readonly text: string;
  readonly shell: boolean;
  readonly role: CommandRole;
  /** Its output is what is kept. */
  readonly isCapture: boolean;
  readonly read: ReadCommand;
}

/** What a command is for; `step` is one of a runbook whose kind has no word of its own here. */
export type CommandRole =
  | 'capture'
  | 'check'
  | 'probe'
  | 'restore'
  | 'migrate'
  | 'deploy'
  | 'recorded'
  | 'step'
  | 'undo'
  | 'start'
  | 'stop'
  | 'pause'
  | 'resume'
  | 'fence'
  | 'invalidate'
  | 'provision'
  | 'inject'
  | 'alarm'
  | 'other';

const known = new WeakMap<Plan, readonly PlanCommand[]>();

/** Every command of the plan, in the order of the file. */
export function planCommands(written: Plan): readonly PlanCommand[] {
  const before = known.get(written);
  if (before !== undefined) return before;
  const commands = [...commandsOf(written)];
  known.set(written, commands);
  return commands;
}

function* commandsOf(written: Plan): Generator<PlanCommand> {
  for (const { path, value, facts } of walkFields(planSchema, written)) {
    if (facts.isCommand !== true || !isCommandLine(value)) continue;
    const role = roleOf(path, written);
    const text = typeof value === 'string' ? value : value.join(' ');
    const shell = typeof value === 'string';
    yield { at: path, text, shell, role, isCapture: role === 'capture', read: readCommand(value) };
  }
}

function isCommandLine(value: unknown): value is string | readonly string[] {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((word) => typeof word === 'string'))
  );
}

/** Fields whose name says what their command is for. */
const namedRoles: readonly CommandRole[] = [
  'undo',
  'start',
  'stop',
  'pause',
  'resume',
  'fence',
  'invalidate',
  'provision',
  'inject',
  'recorded',
  'deploy',
  'migrate',
];

function roleOf(path: PlanPath, written: Plan): CommandRole {
  const field = path.at(-1);
  if (path[0] === 'on_failure') return 'alarm';
  const named = namedRoles.find((role) => role === field);
  if (named !== undefined) return named;
  if (path[0] === 'probes') return 'probe';
  if (path[0] === 'systems' && path[2] === 'checks') return 'check';
  if (path.at(-2) === 'source') return 'capture';
  return path[0] === 'runbooks' ? stepRole(path, written) : 'other';
}

function stepRole(path: PlanPath, written: Plan): CommandRole {
  const [, runbook = '', section, index] = path;
  const book = written.runbooks?.[runbook];
  const steps =
    section === 'steps' || section === 'verification' || section === 'rollback' || section === 'afterwards'
      ? book?.[section]
      : undefined;
  const kind = typeof index === 'number' ? steps?.[index]?.do : undefined;
  return (
    (['restore', 'migrate', 'deploy', 'check', 'provision'] as const).find((role) => role === kind) ?? 'step'
  );
}
