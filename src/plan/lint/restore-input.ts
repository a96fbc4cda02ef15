import type { PlanPath } from '../plan-path.ts';
import type { Plan } from '../plan-schema.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { endingsOf, isWrapped, sameEndings } from '../shell/artefact-name.ts';
import { isElsewhere, transferOf } from '../shell/dump-programs.ts';
import { withKnownValues } from '../shell/known-values.ts';
import { loadInput } from '../shell/load-input.ts';
import { ofLine, shortWords } from './command-place.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { type PlanCommand, planCommands } from './plan-commands.ts';

export const restoreInput: LintRule = {
  id: 'restore-input',
  number: 'T13',
  severity: 'error',
  title: 'a restore reads what no backup writes',
  explanation:
    'The command reads a file of a kind that no backup of this system makes, so the file will not be there. ' +
    'Whoever follows the plan stands before an error while the clock runs.',
  fix: 'Let the restore fetch what the backup writes, under its name, and unpack or decrypt it on the way.',
  check: (plan, _facts, written) => {
    const systems = new Map(plan.systems.map((system) => [system.name, system]));
    return planCommands(written).flatMap((command) => hitsOf(plan, written, command, systems));
  },
};

function hitsOf(
  plan: ResolvedPlan,
  written: Plan,
  command: PlanCommand,
  systems: ReadonlyMap<string, ResolvedSystem>,
): readonly LintHit[] {
  if (command.isCapture || unpacks(plan, command)) return [];
  const inputs = command.read.calls.flatMap((call) => {
    const input = loadInput(call);
    return input === undefined ? [] : [{ input: withKnownValues(input, command.read), call }];
  });
  if (inputs.length === 0) return [];
  const artefacts = systemsOf(plan, command).flatMap((name) => artefactsOf(written, systems.get(name)));
  return inputs.flatMap(({ input, call }) => {
    const [first] = artefacts;
    if (first === undefined || endingsOf(input).length === 0) return [];
    if (artefacts.some(({ name }) => endingsOf(name).length === 0 || sameEndings(name, input))) return [];
    const names = [...new Set(artefacts.map(({ name }) => shortWords(name)))].slice(0, 3).join(', ');
    const message = `${call.program} reads ${shortWords(input)}, but what is backed up is ${names}${ofLine(command, call.line)}`;
    const suggestion = artefacts.some(({ name }) => isWrapped(name))
      ? 'unpack what the backup wrote and read the result'
      : 'read the file that the backup writes';
    return [
      { at: command.at, message, suggestion, relatedAt: { at: first.at, message: 'it is named here' } },
    ];
  });
}

const unpackers = [
  'gunzip',
  'zcat',
  'zstd',
  'unzstd',
  'zstdcat',
  'bunzip2',
  'bzcat',
  'unxz',
  'xz',
  'xzcat',
  'gpg',
  'age',
  'openssl',
  'gzip',
  'lz4',
];

/** Whether the command, or another step of its runbook, makes a file of another kind out of the backup. */
function unpacks(plan: ResolvedPlan, command: PlanCommand): boolean {
  const own = command.read.calls.some(({ program }) => unpackers.includes(program));
  if (own || command.at[0] !== 'runbooks') return own;
  const book = plan.runbooks[String(command.at[1])];
  const texts = (book?.steps ?? []).map((step) => ('run' in step ? [step.run].flat().join(' ') : ''));
  return texts.some((text) => unpackers.some((program) => new RegExp(`\\b${program}\\b`).test(text)));
}

function systemsOf(plan: ResolvedPlan, { at }: PlanCommand): readonly string[] {
  if (at[0] === 'systems') return [String(at[1])];
  if (at[0] !== 'runbooks' || typeof at[3] !== 'number') return [];
  const book = plan.runbooks[String(at[1])];
  const section = at[2];
  const steps =
    section === 'steps' || section === 'verification' || section === 'rollback' || section === 'afterwards'
      ? book?.[section]
      : undefined;
  const step = steps?.[at[3]];
  return (step !== undefined && 'systems' in step ? step.systems : undefined) ?? book?.systems ?? [];
}

interface Artefact {
  readonly name: string;
  readonly at: PlanPath;
}

/** Names of what a system's backups write: as declared, as captured, and as its command uploads it. */
function artefactsOf(written: Plan, system: ResolvedSystem | undefined): readonly Artefact[] {
  if (system === undefined) return [];
  const { name, source, backups } = system;
  const declared = backups.flatMap((backup): Artefact[] => {
    const named = backup.artefact?.name;
    if (named === undefined) return [];
    return [{ name: named, at: [...backup.path.slice(0, -1), 'artefact', 'name'] }];
  });
  if (source?.kind !== 'command') return declared;
  const captured: Artefact = { name: source.file, at: ['systems', name, 'source', 'file'] };
  return [...declared, ...uploadsOf(written, name), captured];
}

function uploadsOf(written: Plan, system: string): readonly Artefact[] {
  const command = planCommands(written).find(({ at, isCapture }) => isCapture && at[1] === system);
  return (command?.read.calls ?? []).flatMap((call): Artefact[] => {
    const transfer = transferOf(call);
    if (command === undefined || transfer === undefined) return [];
    const from = withKnownValues(transfer.from.text, command.read);
    if (isElsewhere(from)) return [];
    return [{ name: from, at: command.at }];
  });
}
