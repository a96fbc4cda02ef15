import type { ResolvedPlan } from '../resolved-plan.ts';
import { operandsOf, subcommandOf } from '../shell/call-options.ts';
import { isElsewhere, transferOf } from '../shell/dump-programs.ts';
import type { ProgramCall } from '../shell/program-call.ts';
import { ofLine } from './command-place.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { type PlanCommand, planCommands } from './plan-commands.ts';
import { ownSteps, runbookEntries, sectionSteps } from './runbook-steps.ts';
import { systemPlace } from './system-place.ts';

export const existenceIsNoProof: LintRule = {
  id: 'existence-is-no-proof',
  number: 'T11',
  severity: 'warning',
  title: 'a backup is called verified because it is in a list',
  explanation:
    'A list shows that something of that name is there, not that its bytes can be read or that anything can be restored from them. ' +
    'An empty or broken file is in the list as well.',
  fix: 'Read the backup back and compare it, and restore it somewhere with checks on what came back.',
  check: (plan, _facts, written) => [
    ...proofLevels(plan),
    ...verifySteps(plan),
    ...planCommands(written).flatMap(commandHits),
  ],
};

function proofLevels({ systems }: ResolvedPlan): readonly LintHit[] {
  return systems.flatMap(({ name, proof }): LintHit[] =>
    proof?.level === 'listed'
      ? [
          {
            at: systemPlace(name, 'proof', 'level'),
            severity: 'error',
            message: `a point of ${name} counts as proven when it is in a list, which proves that it exists and no more`,
            suggestion: 'write "level: restored"',
            edits: [{ kind: 'set', at: systemPlace(name, 'proof', 'level'), value: 'restored' }],
          },
        ]
      : [],
  );
}

function verifySteps(plan: ResolvedPlan): readonly LintHit[] {
  return runbookEntries(plan).flatMap(([name, book]) =>
    [...ownSteps(name, book), ...sectionSteps(name, book, 'rollback')].flatMap(({ step, at }): LintHit[] =>
      step.do === 'verify-backup' && step.level === 'listed'
        ? [
            {
              at: [...at, 'level'],
              message: 'the backup is verified by looking for it in a list, and then everything rests on it',
              suggestion: 'write "level: read", or "restored" where there is time',
              edits: [{ kind: 'set', at: [...at, 'level'], value: 'read' }],
            },
          ]
        : [],
    ),
  );
}

function commandHits(command: PlanCommand): readonly LintHit[] {
  const { calls } = command.read;
  if (command.role === 'check') {
    const listing = calls.find(isListing);
    if (listing === undefined || !calls.every((call) => isListing(call) || isFilter(call))) return [];
    const always = endsWithFilter(command) ? ', and it ends well whatever the list holds' : '';
    return [hitAt(command, listing, `the check only lists what is there${always}`)];
  }
  return command.isCapture ? captureHits(command) : [];
}

/** A script that looks at its upload by a list only. */
function captureHits(command: PlanCommand): readonly LintHit[] {
  const { calls } = command.read;
  const upload = calls.findIndex((call) => isElsewhere(transferOf(call)?.to.text ?? '') || usesStore(call));
  const after = upload === -1 ? [] : calls.slice(upload + 1);
  const listing = after.find(
    (call) => isListing(call) && !['ls', 'stat', 'find', 'test', '[', '[['].includes(call.program),
  );
  if (listing === undefined || after.some(readsBack)) return [];
  return [hitAt(command, listing, 'the only look at what was uploaded is a list')];
}

/** An upload whose target is a variable. */
function usesStore(call: ProgramCall): boolean {
  const transfer = transferOf(call);
  return transfer?.to.expands === true && !isElsewhere(transfer.from.text);
}

function readsBack(call: ProgramCall): boolean {
  const transfer = transferOf(call);
  const isDownload = transfer !== undefined && isElsewhere(transfer.from.text);
  return (
    isDownload || /^(?:cmp|diff|sha\d+sum|shasum|md5sum|b3sum|pg_restore|mysql|psql)$/.test(call.program)
  );
}

function hitAt(command: PlanCommand, call: ProgramCall, words: string): LintHit {
  return {
    at: command.at,
    message: `${words}: ${call.program} ${subcommandOf(call, 2)}`.trimEnd() + ofLine(command, call.line),
    suggestion: 'read it back and compare, or restore it and check what came back',
  };
}

const listings: Readonly<Record<string, readonly string[]>> = {
  aws: ['s3 ls', 's3api head-object', 's3api list-objects', 's3api list-objects-v2'],
  gsutil: ['ls', 'stat', 'du'],
  gcloud: ['storage ls'],
  az: ['storage blob list', 'storage blob show', 'storage blob exists'],
  rclone: ['ls', 'lsl', 'lsf', 'lsd', 'lsjson', 'size'],
  s3cmd: ['ls', 'du', 'info'],
  mc: ['ls', 'stat', 'du'],
};
const localListings = ['ls', 'stat', 'find', 'du'];

function isListing(call: ProgramCall): boolean {
  if (localListings.includes(call.program)) return call.command.joint !== '|' && !hasAction(call);
  if (['test', '[', '[['].includes(call.program)) return call.args.some(({ text }) => /^-[efs]$/.test(text));
  const known = Object.hasOwn(listings, call.program) ? (listings[call.program] ?? []) : [];
  return known.some((words) => subcommandOf(call, words.split(' ').length) === words);
}

function hasAction(call: ProgramCall): boolean {
  return call.args.some(({ text }) => text === '-exec' || text === '-delete');
}

const filters = [
  'tail',
  'head',
  'wc',
  'grep',
  'sort',
  'awk',
  'sed',
  'cut',
  'echo',
  'printf',
  'set',
  'cat',
  'tee',
  'true',
  'exit',
];

function isFilter(call: ProgramCall): boolean {
  return filters.includes(call.program) && (call.program !== 'cat' || operandsOf(call).length === 0);
}

function endsWithFilter({ read }: PlanCommand): boolean {
  const last = read.scripts[0]?.commands.at(-1);
  const program = last?.words[0]?.text ?? '';
  return (
    last !== undefined &&
    !last.pipefail &&
    ['tail', 'head', 'wc', 'sort', 'echo', 'cat', 'tee'].includes(program)
  );
}
