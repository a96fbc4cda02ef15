/** Holds points, or releases them: by a record in their vault, written while nobody can delete anything there. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RunRecord } from '../../evidence/record.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { type RunContext, sharedFields } from '../../evidence/run-context.ts';
import type { HoldRecord } from '../../evidence/vault-records.ts';
import { goneIds } from '../../recovery-point/gone-points.ts';
import {
  type Holds,
  holdsFromRecords,
  momentAfterHolds,
  type NamedSnapshot,
  namesToHold,
} from '../../recovery-point/holds.ts';
import type { Vault } from '../../vault/vault.ts';
import { vaultOptions } from '../choose-vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { CommandEnd } from '../command.ts';
import type { ArgumentSpec, OptionSpec } from '../command-spec.ts';
import type { Input } from '../input.ts';
import { momentOf } from '../moment-of.ts';
import { momentText } from '../quantity-text.ts';
import { type FoundPoint, findPoints } from './find-points.ts';
import { namedSnapshots } from './named-snapshots.ts';
import { soundRecords } from './preview-repository.ts';
import { openSearchedVaults } from './searched-vaults.ts';

export const pointsArgument: ArgumentSpec = {
  name: 'POINT',
  kind: 'many',
  description: 'the id of a point, or its beginning',
};

export const holdOptions: readonly OptionSpec[] = [
  ...vaultOptions,
  { flag: '--why', value: 'TEXT', description: 'the reason; it is kept in the vault' },
  { flag: '--legal-hold', description: 'a duty to keep it, apart from pins' },
];

export const untilOption: OptionSpec = {
  flag: '--until',
  value: 'MOMENT',
  description: 'it ends by itself then: 2027-01-31 (default: until it is released)',
};

/** `untilText`: what `--until` says. Raises USAGE, SNAPSHOT_NOT_FOUND, SNAPSHOT_AMBIGUOUS. */
export async function holdPoints(
  context: AppContext,
  input: Input,
  action: HoldRecord['action'],
  untilText?: string,
): Promise<CommandEnd> {
  const reason = whyOf(input);
  const kind = input.has('--legal-hold') ? 'legal-hold' : 'pin';
  await using vaults = await openSearchedVaults(context, input, 'searched');
  const untilMs = untilText === undefined ? undefined : untilOf(untilText, vaults.timeZone, context);
  const found = findPoints(input.list('POINT'), vaults.searched);
  for (const { vault, name } of vaults.searched) {
    const own = found.filter(({ vaultId }) => vaultId === vault.id);
    if (own.length === 0) continue;
    requireRecords(vault);
    const change = { kind, action, reason, ...(untilMs === undefined ? {} : { untilMs }) } as const;
    await record(context, vaults.run, vault, own, change);
    for (const point of own) await tell(context, name, point, change);
  }
  return { summary: { points: found.length, action, kind } };
}

/** Raises USAGE: an entry without a reason helps nobody in a year. */
export function whyOf(input: Input): string {
  const why = input.value('--why')?.trim() ?? '';
  if (why !== '') return why;
  throw new LifeboatError('USAGE', 'the reason is missing', {
    hint: 'Give it with --why TEXT; it is kept in the vault.',
  });
}

function untilOf(text: string, timeZone: string, context: AppContext): number {
  const untilMs = momentOf(text, timeZone, context);
  if (untilMs > context.nowMs()) return untilMs;
  throw new LifeboatError('USAGE', `${text} is in the past`, { hint: 'Give --until a moment to come.' });
}

function requireRecords({ file, location }: Vault): void {
  if (file !== undefined) return;
  throw new LifeboatError('VAULT_UNSUPPORTED', `${location} is a repository that keeps no records`, {
    hint: 'Points can be held in a vault made with `lifeboat vault init`; restic keeps snapshots by their tags.',
  });
}

type Change = Pick<HoldRecord, 'kind' | 'action' | 'reason' | 'untilMs'>;

async function record(
  { signal, nowMs }: AppContext,
  run: RunContext,
  vault: Vault,
  found: readonly FoundPoint[],
  change: Change,
): Promise<void> {
  await vault.repository.undisturbed(async (undisturbed) => {
    const known = await soundRecords(vault, undisturbed);
    const isThere = (id: string): boolean => known.snapshotIds.includes(id);
    const ids = found.map(({ point }) => point.id);
    const gone = goneIds(vault.id, known);
    // a hold of what somebody deleted keeps others from giving it up by a record
    const isKnown = (id: string): boolean => change.action === 'release' && gone.includes(id);
    for (const id of ids) if (!isThere(id) && !isKnown(id)) throw vanished(id, gone.includes(id));
    const snapshots = await namedSnapshots(vault, ids, undisturbed);
    if (change.action === 'release')
      refuseRelease(vault, known.records, snapshots, change.kind, isThere, nowMs());
    const atMs = momentAfterHolds(known.records, nowMs());
    await vault.append({
      type: 'hold',
      ...sharedFields(run, vault.id),
      ...recordTimes(atMs, atMs),
      verdict: 'pass',
      ...change,
      reason: run.redact(change.reason),
      snapshotIds: namesToHold(snapshots, change.action, isThere),
    });
  }, signal);
  await vault.records(signal);
}

/** Raises USAGE for what is not held, or only by the name of another snapshot that is there. */
function refuseRelease(
  { id: vaultId }: Vault,
  records: readonly RunRecord[],
  snapshots: readonly NamedSnapshot[],
  kind: HoldRecord['kind'],
  isThere: (id: string) => boolean,
  nowMs: number,
): void {
  const ofKind = (holds: Holds, id: string) => holds(vaultId, id).some((hold) => hold.kind === kind);
  const byAnyName = holdsFromRecords(records, nowMs, snapshots);
  const byOwnName = holdsFromRecords(records, nowMs);
  for (const { id, original } of snapshots) {
    if (!ofKind(byAnyName, id)) throw notHeld(id, kind);
    if (original === undefined || !isThere(original) || ofKind(byOwnName, id)) continue;
    throw new LifeboatError(
      'USAGE',
      `${id.slice(0, 8)} is held as ${original.slice(0, 8)}, which it was made of`,
      {
        hint: `Release ${original.slice(0, 8)} instead.`,
      },
    );
  }
}

function vanished(id: string, isDeleted: boolean): LifeboatError {
  const what = isDeleted ? 'is gone, and no record gave it up' : 'was given up just now';
  const heal = '`lifeboat repair heal` brings it back from another vault. ';
  return new LifeboatError('SNAPSHOT_NOT_FOUND', `the point ${id.slice(0, 8)} ${what}`, {
    hint: `${isDeleted ? heal : ''}Choose another one with \`lifeboat points\`.`,
  });
}

function notHeld(id: string, kind: HoldRecord['kind']): LifeboatError {
  return new LifeboatError(
    'USAGE',
    `${id.slice(0, 8)} is not ${kind === 'pin' ? 'pinned' : 'under legal hold'}`,
    {
      hint: 'Run `lifeboat points` to see which points are held; --legal-hold chooses the other kind.',
    },
  );
}

async function tell(
  { output }: AppContext,
  vault: string,
  { point, title }: FoundPoint,
  { kind, action, untilMs }: Change,
): Promise<void> {
  const until = untilMs === undefined ? undefined : new Date(untilMs).toISOString();
  const words = kind === 'pin' ? 'pinned' : 'under legal hold';
  // a day alone would be another one than was typed, in many zones
  const end = untilMs === undefined ? '' : ` until ${momentText(untilMs)}`;
  const text =
    action === 'set'
      ? `${title} in ${vault} is ${words}${end}`
      : `${title} in ${vault} is no longer ${words}`;
  await output.result(
    { type: 'hold', vault, id: point.id, kind, action, ...(until === undefined ? {} : { until }) },
    text,
  );
}
