/**
 * Asks the store of every object that is needed until when nobody can delete it, and retains for longer what is not kept
 * long enough. Every one is asked: a sample would prove nothing.
 */
import type { RetentionState } from '../object-store/abilities.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import type { NeededObject } from '../repository/repository-types.ts';
import type { WorkProgress } from '../repository/work-progress.ts';

export interface AuditOptions {
  readonly nowMs: number;
  /** Retain until `untilMs` what is kept for less than until `nearerThanMs`: milliseconds since the epoch. */
  readonly extend?: { readonly untilMs: number; readonly nearerThanMs: number };
  readonly progress?: (progress: WorkProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface ObjectsAudit {
  readonly objects: number;
  /** The earliest date of all; absent when one of them has none. */
  readonly untilMs?: number;
  /** In the order in which they were needed first. */
  readonly groups: readonly GroupAudit[];
  /** Keys of those that anybody with the right to delete can delete now. A hold without a date can be lifted: it is none. */
  readonly unkept: readonly string[];
  /** How many somebody with a special right may release. */
  readonly governed: number;
  readonly extended: number;
}

export interface GroupAudit {
  readonly group: string;
  readonly objects: number;
  readonly untilMs?: number;
}

export async function auditObjects(
  store: ObjectStore,
  needed: readonly NeededObject[],
  options: AuditOptions,
): Promise<ObjectsAudit> {
  const found = new Map<string, RetentionState>();
  let extended = 0;
  const waiting = needed.values();
  const lane = async (): Promise<void> => {
    for (const { key } of waiting) {
      options.signal?.throwIfAborted();
      const kept = await keep(store, key, options);
      found.set(key, kept.state);
      if (kept.isExtended) extended++;
      options.progress?.({ phase: 'audit', doneFiles: found.size, totalFiles: needed.length, doneBytes: 0 });
    }
  };
  await Promise.all(Array.from({ length: store.facts.connections }, lane));
  const untilOf = ({ key }: NeededObject): number | undefined => found.get(key)?.untilMs;
  const groups = new Set(needed.flatMap((object) => object.groups));
  const untilMs = earliest(needed.map(untilOf));
  return {
    objects: needed.length,
    ...(untilMs === undefined ? {} : { untilMs }),
    groups: [...groups].map((group) => groupAudit(group, needed, untilOf)),
    unkept: needed.filter((object) => untilOf(object) === undefined).map(({ key }) => key),
    governed: [...found.values()].filter(({ mode }) => mode === 'governance').length,
    extended,
  };
}

/** What is said is what the store says afterwards, not what it was asked for. */
async function keep(
  { abilities: { retention } }: ObjectStore,
  key: string,
  { extend, nowMs, signal }: AuditOptions,
): Promise<{ readonly state: RetentionState; readonly isExtended: boolean }> {
  if (retention === undefined) return { state: { legalHold: false }, isExtended: false };
  const before = await retention.retentionOf(key, signal);
  if (extend === undefined || (before.untilMs ?? nowMs) >= extend.nearerThanMs)
    return { state: before, isExtended: false };
  await retention.retain(key, extend.untilMs, signal);
  return { state: await retention.retentionOf(key, signal), isExtended: true };
}

function groupAudit(
  group: string,
  needed: readonly NeededObject[],
  untilOf: (object: NeededObject) => number | undefined,
): GroupAudit {
  const own = needed.filter(({ groups }) => groups.includes(group));
  const untilMs = earliest(own.map(untilOf));
  return { group, objects: own.length, ...(untilMs === undefined ? {} : { untilMs }) };
}

/** Of nothing, and where one is missing, there is none. */
function earliest(dates: readonly (number | undefined)[]): number | undefined {
  let first: number | undefined;
  for (const date of dates) {
    if (date === undefined) return undefined;
    if (first === undefined || date < first) first = date;
  }
  return first;
}
