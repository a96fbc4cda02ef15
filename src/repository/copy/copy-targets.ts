/**
 * The repositories that receive a copy, each under a lock of its own. What goes wrong with one of them is kept with
 * it, and the others get their copies all the same.
 */
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import { createIndexWriter, type IndexWriter } from '../index/index-writer.ts';
import { listIds } from '../index/load-index.ts';
import type { HeldLock } from '../lock/with-lock.ts';
import { withSharedLock } from '../lock/with-shared-lock.ts';
import { putPack } from '../pack/put-pack.ts';
import type { Snapshot } from '../repository-types.ts';
import { freshView, lockOptions, type Session } from '../session.ts';
import { loadSnapshot } from '../snapshot/snapshot-list.ts';
import type { TargetPack } from './copy-protocol.ts';

/** How many snapshots of a target are fetched at once. */
const fetchesMax = 8;

export interface CopyTargetState {
  readonly number: number;
  readonly session: Session;
  /** Ids of snapshots of the source. */
  readonly wanted: ReadonlySet<string>;
  readonly opened: OpenTarget | undefined;
  /** Why nothing more goes there. */
  failure: LifeboatError | undefined;
  bytesStored: number;
}

export interface OpenTarget {
  /** Aborted when the target's lock is lost, or the whole work is. */
  readonly signal: AbortSignal;
  readonly lock: HeldLock;
  readonly index: BlobIndex;
  readonly indexWriter: IndexWriter;
  readonly snapshots: readonly Snapshot[];
}

interface NewTarget {
  readonly session: Session;
  readonly wanted: ReadonlySet<string>;
}

/** Locks and opens one after the other, then works; those that cannot be opened are among them, with their failure. */
export async function withTargets<T>(
  targets: readonly NewTarget[],
  signal: AbortSignal,
  work: (targets: readonly CopyTargetState[]) => Promise<T>,
): Promise<T> {
  return await openNext(targets, [], signal, work);
}

async function openNext<T>(
  waiting: readonly NewTarget[],
  ready: readonly CopyTargetState[],
  signal: AbortSignal,
  work: (targets: readonly CopyTargetState[]) => Promise<T>,
): Promise<T> {
  const [next, ...others] = waiting;
  if (next === undefined) return await work(ready);
  const { session } = next;
  const base = { number: ready.length, ...next, bytesStored: 0 };
  const go = (opened: OpenTarget | undefined, failure: LifeboatError | undefined) =>
    openNext(others, [...ready, { ...base, opened, failure }], signal, work);
  let refusal: LifeboatError;
  let isBegun = false;
  try {
    return await withSharedLock(session.access, lockOptions(session, false, signal), async (held, lock) => {
      const opened = await openTarget(session, held, lock);
      isBegun = true;
      return await go(opened, undefined);
    });
  } catch (error) {
    if (isBegun) throw error;
    refusal = failureOf(error, signal);
  }
  return await go(undefined, refusal);
}

async function openTarget(session: Session, signal: AbortSignal, lock: HeldLock): Promise<OpenTarget> {
  const snapshots = await readableSnapshots(session, signal);
  const { index } = await freshView(session, signal);
  return { signal, lock, index, indexWriter: createIndexWriter(session.access, index, signal), snapshots };
}

/** One that cannot be read is no copy of anything. */
async function readableSnapshots({ access }: Session, signal: AbortSignal): Promise<Snapshot[]> {
  const ids = await listIds(access, 'snapshot', signal);
  const snapshots: Snapshot[] = [];
  for (let at = 0; at < ids.length; at += fetchesMax) {
    const batch = ids.slice(at, at + fetchesMax).map(async (id) => {
      try {
        return [await loadSnapshot(access, id, signal)];
      } catch (error) {
        if (hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) return [];
        throw error;
      }
    });
    snapshots.push(...(await Promise.all(batch)).flat());
  }
  return snapshots;
}

/** Does `act` where the target still takes anything; what goes wrong becomes the target's failure. */
export async function attempt(
  target: CopyTargetState,
  workSignal: AbortSignal,
  act: (opened: OpenTarget) => Promise<void>,
): Promise<void> {
  if (target.opened === undefined || target.failure !== undefined) return;
  try {
    await act(target.opened);
  } catch (error) {
    target.failure ??= failureOf(error, workSignal);
  }
}

export async function storePack(
  target: CopyTargetState,
  pack: TargetPack,
  signal: AbortSignal,
): Promise<void> {
  await attempt(target, signal, async (opened) => {
    await putPack(target.session.access, pack, opened.signal);
    await opened.indexWriter.addPack(pack.id, pack.blobs);
    target.bytesStored += pack.length;
  });
}

/** An interruption of the whole work and a fault of the program are nobody's failure: they are raised. */
function failureOf(error: unknown, workSignal: AbortSignal): LifeboatError {
  if (workSignal.aborted || !(error instanceof LifeboatError) || hasCode(error, 'ASSERTION', 'INTERNAL'))
    throw error;
  return error;
}
