/** What nobody can delete in a vault, and until when: looked at, extended where that is wanted, and kept as a record. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { type RunContext, sharedFields } from '../../evidence/run-context.ts';
import type { AuditRecord } from '../../evidence/vault-records.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { milliseconds } from '../../plan/duration.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { hasUnnamedDamage, suspectedPacks } from '../../recovery-point/known-damage.ts';
import type { NeededObject, Snapshot } from '../../repository/repository-types.ts';
import type { WorkProgress } from '../../repository/work-progress.ts';
import { auditObjects, type ObjectsAudit } from '../../vault/audit-objects.ts';
import { replacedObjects } from '../../vault/audit-versions.ts';
import { type DeletionsTried, tryDeleting, tryDeletingProbe } from '../../vault/try-deleting.ts';
import type { Vault } from '../../vault/vault.ts';
import { vaultFileKey } from '../../vault/vault-file.ts';
import type { CliContext, VaultRequest } from '../cli-context.ts';
import { plural } from '../quantity-text.ts';

export interface AuditRequest {
  readonly vault: Vault;
  readonly place: VaultRequest;
  /** Retain for longer what is kept for less than half of what the plan says. */
  readonly extend: boolean;
  /** `probe`: an object made for it; `all`: everything that is needed, which a vault in use must not risk. */
  readonly tryDeleting?: 'probe' | 'all';
  readonly progress?: (progress: WorkProgress) => void;
}

export interface VaultAudit extends ObjectsAudit {
  /** What stands against relying on it; empty: nothing that is needed can be deleted before `untilMs`. */
  readonly problems: readonly string[];
  /** Index files that a prune will write anew; they are not counted. */
  readonly replaceable: number;
  readonly tried: DeletionsTried;
  readonly startMs: number;
  readonly endMs: number;
}

type Immutability = NonNullable<ResolvedVault['declared']['immutability']>;

const notTried: DeletionsTried = { tried: 0, refused: 0, deleted: [] };
/** What is nearer than this share of the plan's time is extended; nearer than that one, nobody has extended it. */
const extendShare = 1 / 2;
const lateShare = 1 / 4;
const probeRetainedMs = milliseconds(60_000);

/** Nobody can remove what is needed while it is looked at. Raises what walking the vault raises. */
export async function auditVault(context: CliContext, request: AuditRequest): Promise<VaultAudit> {
  const { vault, place, progress } = request;
  const startMs = context.nowMs();
  const immutability = lockOf(place);
  return await vault.repository.undisturbed(async (signal) => {
    const options = { signal, ...(progress === undefined ? {} : { progress }) };
    const snapshots = await vault.repository.snapshots(undefined, signal);
    const { records } = await vault.records(signal);
    const { objects, replaceable } = await vault.repository.neededObjects(groupsOf(snapshots), {
      ...options,
      suspectedPacks: suspectedPacks(records, startMs),
    });
    const needed = [...withVaultFile(vault, objects), ...(await neededOfLogs(vault, signal))];
    await using store = await context.openStore(withoutRefusals(place));
    const extend = request.extend ? extensionOf(immutability, startMs) : undefined;
    const audit = await auditObjects(store, needed, {
      nowMs: startMs,
      ...(extend === undefined ? {} : { extend }),
      ...options,
    });
    const replaced = await replacedObjects(store, vault.repository, needed, signal);
    const tried = await deletions(context, request, store, needed, signal);
    const problems = [
      ...problemsOf(audit, replaced, tried, immutability, startMs),
      ...(hasUnnamedDamage(records, startMs) ? [unnamedDamage] : []),
    ];
    const endMs = context.nowMs();
    return { ...audit, problems, replaceable: replaceable.length, tried, startMs, endMs };
  }, context.signal);
}

/**
 * Segments and what else stays. Chunks are left out: whoever receives the log makes segments of them while the audit
 * goes on, and a chunk that is gone by then is no loss.
 */
async function neededOfLogs(vault: Vault, signal: AbortSignal): Promise<readonly NeededObject[]> {
  const needed: NeededObject[] = [];
  for (const name of await vault.logs(signal))
    for (const key of await vault.log(name).lastingKeys(signal))
      needed.push({ key, groups: [`log of ${name.system}`] });
  return needed;
}

/** Of a piece that lies in two packs the damaged one may be kept, and the sound one not. */
const unnamedDamage = 'more is damaged there than the record of the check could name; heal the vault first';

/** A vault of which nothing is needed proves nothing. */
export function auditVerdict({ objects, problems }: VaultAudit): AuditRecord['verdict'] {
  if (problems.length > 0) return 'fail';
  return objects === 0 ? 'inconclusive' : 'pass';
}

export function auditError(
  location: string,
  { problems, untilMs, unkept }: VaultAudit,
): LifeboatError | undefined {
  const [first, ...others] = problems;
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : `, and ${plural(others.length, 'more problem')}`;
  return new LifeboatError('AUDIT_FAILED', `${location}: ${first}${more}`, {
    hint: 'Run `lifeboat vault audit --extend` with credentials that may retain; `immutability` of the vault in the plan says for how long.',
    details: { problems, unkept: unkept.slice(0, namedMax), ...(untilMs === undefined ? {} : { untilMs }) },
  });
}

/** A plain repository keeps no records. */
export async function recordAudit(
  vault: Vault,
  run: RunContext,
  audit: VaultAudit,
  isExtension: boolean,
): Promise<void> {
  const isGood = auditVerdict(audit) === 'pass' && audit.untilMs !== undefined;
  await vault.append({
    type: 'audit',
    ...sharedFields(run, vault.id),
    ...recordTimes(audit.startMs, audit.endMs),
    verdict: auditVerdict(audit),
    ...(isGood ? { immutableUntilMs: audit.untilMs } : {}),
    objects: audit.objects,
    objectsWithoutRetention: audit.unkept.length,
    ...(isExtension ? { objectsExtended: audit.extended } : {}),
    deletionsTried: audit.tried.tried,
    deletionsRefused: audit.tried.refused,
  });
}

/** Absent where the plan asks for none, or for a medium that is not connected. */
export function lockOf({ declared }: Pick<VaultRequest, 'declared'>): Immutability | undefined {
  const { immutability } = declared ?? {};
  return immutability === undefined || immutability.mode === 'offline' ? undefined : immutability;
}

const otherSnapshots = 'other snapshots';

function groupsOf(snapshots: readonly Snapshot[]) {
  const tag = 'system:';
  const bySystem = Map.groupBy(
    snapshots,
    ({ tags = [] }) => tags.find((each) => each.startsWith(tag))?.slice(tag.length) ?? otherSnapshots,
  );
  return [...bySystem].map(([group, own]) => ({ group, snapshotIds: own.map(({ id }) => id) }));
}

/** Without it the vault would be a plain repository, with points and no history. */
function withVaultFile({ file }: Vault, objects: readonly NeededObject[]): readonly NeededObject[] {
  if (file === undefined || objects.length === 0) return objects;
  const groups = [...new Set(objects.flatMap((object) => object.groups))];
  return [...objects, { key: vaultFileKey, groups }];
}

/** As it is, beneath what Lifeboat itself would refuse; probes are retained for a minute, in the mode of the plan. */
function withoutRefusals(place: VaultRequest): VaultRequest {
  const { append_only: _adds, immutability, ...declared } = place.declared ?? {};
  return {
    ...place,
    declared: {
      ...declared,
      ...(immutability === undefined ? {} : { immutability: { ...immutability, for: probeRetainedMs } }),
    },
  };
}

function extensionOf(immutability: Immutability | undefined, nowMs: number) {
  const { for: forMs } = immutability ?? {};
  if (forMs === undefined)
    throw new LifeboatError('USAGE', 'the plan does not say for how long this vault is to be immutable', {
      hint: 'Give the vault `immutability: { mode: …, for: … }` in the plan, or leave --extend out.',
    });
  // stores keep whole seconds
  const untilMs = Math.ceil((nowMs + forMs) / 1000) * 1000;
  return { untilMs, nearerThanMs: nowMs + forMs * extendShare };
}

async function deletions(
  { nowMs }: CliContext,
  request: AuditRequest,
  store: ObjectStore,
  needed: readonly NeededObject[],
  signal: AbortSignal,
): Promise<DeletionsTried> {
  if (request.tryDeleting === undefined) return notTried;
  if (request.tryDeleting === 'probe') return await tryDeletingProbe(store, nowMs(), signal);
  return await tryDeleting(
    store,
    needed.map(({ key }) => key),
    signal,
  );
}

const namedMax = 3;

function problemsOf(
  { unkept, untilMs, governed }: ObjectsAudit,
  replaced: readonly string[],
  { deleted }: DeletionsTried,
  immutability: Immutability | undefined,
  nowMs: number,
): readonly string[] {
  const { mode, for: forMs } = immutability ?? {};
  const isLate = forMs !== undefined && untilMs !== undefined && untilMs < nowMs + forMs * lateShare;
  return [
    ...(deleted.length > 0 ? [`${named(deleted)} could be deleted, and is gone`] : []),
    ...(replaced.length > 0 ? [`another content lies over ${named(replaced)}`] : []),
    ...(unkept.length > 0 ? [`nothing keeps anybody from deleting ${named(unkept)}`] : []),
    ...(mode === 'compliance' && governed > 0
      ? [
          `${plural(governed, 'object')} can be released by somebody with a special right; the plan says compliance`,
        ]
      : []),
    ...(isLate ? ['what is retained has not been extended for too long'] : []),
  ];
}

function named(keys: readonly string[]): string {
  const more = keys.length - namedMax;
  return `${keys.slice(0, namedMax).join(', ')}${more > 0 ? ` and ${plural(more, 'other')}` : ''}`;
}
