/** Writing to a repository: under a shared lock that the writer can give away between flushes. */
import { returnLargeBlocksAtOnce } from '../../platform/posix/memory-allocator.ts';
import { createIndexWriter } from '../index/index-writer.ts';
import { loadAhead } from '../load-ahead.ts';
import { withSharedLock } from '../lock/with-shared-lock.ts';
import type { RepositoryWriter, WriteOptions } from '../repository-types.ts';
import { lockOptions, type Session } from '../session.ts';
import type { SaveContext } from './save-context.ts';
import { createSavePool } from './save-pool.ts';
import { saveSnapshot } from './save-snapshot.ts';
import { standAsideWhenAsked, waitForRequests } from './stand-aside.ts';
import { knownMarks, writerView } from './writer-view.ts';

export async function writeRepository<T>(
  session: Session,
  work: (writer: RepositoryWriter) => Promise<T>,
  options: WriteOptions = {},
): Promise<T> {
  const { access, config, workers, programVersion, packBytesTarget } = session;
  await using ahead = loadAhead(session, options.signal);
  await waitForRequests(session, options.signal);
  const locking = lockOptions(session, false, options.signal);
  return await withSharedLock(access, locking, async (held, lock) => {
    returnLargeBlocksAtOnce();
    const failed = new AbortController();
    const signal = AbortSignal.any([held, failed.signal]);
    const [marks, whole] = await Promise.all([knownMarks(access, signal), ahead.viewNow(signal)]);
    const view = { current: writerView(session, whole, marks) };
    const indexWriter = createIndexWriter(
      access,
      { addPack: (id, blobs) => view.current.index.addPack(id, blobs) },
      signal,
    );
    await using pool = createSavePool({
      access,
      index: view.current.index,
      indexWriter,
      polynomial: config.chunkerPolynomial,
      workers,
      packBytesTarget,
      verify: options.verifyUploads ?? true,
      signal,
    });
    const fail = (error: unknown) => failed.abort(error);
    await using _aside = standAsideWhenAsked({ session, lock, pool, marks, view, fail, signal });
    const context: SaveContext = {
      access,
      pool,
      programVersion,
      confirmLock: lock.confirm,
      get index() {
        return view.current.index;
      },
      get trees() {
        return view.current.trees;
      },
    };
    return await work({ saveSnapshot: (request) => saveSnapshot(context, { ...request, signal }) });
  });
}
