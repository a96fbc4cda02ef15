/** What the methods of one open repository share, and how they look at it. */
import { defined } from '../error/assert.ts';
import { hasCode } from '../error/lifeboat-error.ts';
import type { RepositoryConfig } from './config.ts';
import type { BlobIndex } from './index/blob-index.ts';
import { listIds, loadIndex } from './index/load-index.ts';
import type { LockOwner } from './lock/lock-owner.ts';
import type { LockOptions, LockTiming } from './lock/with-lock.ts';
import { withSharedLock } from './lock/with-shared-lock.ts';
import { createTreeReader, type TreeReader } from './read/tree-reader.ts';
import type { Repository, Snapshot } from './repository-types.ts';
import type { RepositoryAccess } from './unpacked.ts';

/** One open repository and everything its methods share. */
export interface Session {
  readonly access: RepositoryAccess;
  readonly config: RepositoryConfig;
  readonly keyId: string;
  readonly owner: LockOwner;
  readonly workers: number;
  readonly packBytesTarget: number;
  readonly lockTiming: LockTiming;
  readonly programVersion: string;
  /** The index and a reader of trees over it, as loaded last. */
  view: IndexView | undefined;
}

export interface IndexView {
  readonly index: BlobIndex;
  readonly trees: TreeReader;
}

/** What a view of the whole index was made of. */
interface ViewOrigin {
  /** Ids of the index files, sorted. */
  readonly files: readonly string[];
  /** Places then; a writer adds its own. */
  readonly places: number;
}

const origins = new WeakMap<IndexView, ViewOrigin>();

/** Reading takes a lock so that nobody removes what is being read; a vault that cannot be written has none to fear. */
export async function withReadLock<T>(
  session: Session,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let started = false;
  try {
    return await withSharedLock(session.access, lockOptions(session, false, signal), (held) => {
      started = true;
      return work(held);
    });
  } catch (error) {
    if (started || !hasCode(error, 'STORE_READ_ONLY', 'PERMISSION_DENIED')) throw error;
    return await work(signal ?? new AbortController().signal);
  }
}

export function lockOptions<Exclusive extends boolean>(
  session: Session,
  exclusive: Exclusive,
  signal: AbortSignal | undefined,
): LockOptions & { readonly exclusive: Exclusive } {
  const { owner, lockTiming: timing } = session;
  return { owner, exclusive, timing, ...(signal === undefined ? {} : { signal }) };
}

/** Loaded again when it does not know one of the snapshots: others write to the repository as well. */
export async function viewOf(
  session: Session,
  snapshots: readonly Snapshot[],
  signal?: AbortSignal,
): Promise<IndexView> {
  const { view } = session;
  const known = view !== undefined && snapshots.every(({ tree }) => view.index.has('tree', tree));
  return known ? view : await freshView(session, signal);
}

export async function freshView(session: Session, signal?: AbortSignal): Promise<IndexView> {
  const { index, files } = await loadIndex(session.access, signal);
  const view = { index, trees: createTreeReader(session.access, index) };
  origins.set(view, { files: files.toSorted(), places: index.size });
  session.view = view;
  return view;
}

/** As fresh: index files are named by what they hold, so that with the same ones nothing need be loaded again. */
export async function currentView(session: Session, signal?: AbortSignal): Promise<IndexView> {
  const { view } = session;
  const origin = view && origins.get(view);
  if (view === undefined || origin?.places !== view.index.size) return await freshView(session, signal);
  const files = await listIds(session.access, 'index', signal);
  const isSame = files.length === origin.files.length && files.every((id, at) => id === origin.files[at]);
  return isSame ? view : await freshView(session, signal);
}

/** Of every repository that is open, for work on two of them at once. */
const sessions = new WeakMap<Repository, Session>();

export function keepSession(repository: Repository, session: Session): Repository {
  sessions.set(repository, session);
  return repository;
}

export function sessionOf(repository: Repository): Session {
  return defined(sessions.get(repository), 'session of an open repository');
}
