/**
 * Collects what was packed and writes index files on the way: after 50,000 blobs or ten minutes, so that an
 * interrupted backup need not upload again what it had stored. Source: restic, as in restic-v2 section 8.
 */
import { nowMs } from '../../platform/clock.ts';
import type { PackedBlob } from '../pack/pack-header.ts';
import { type RepositoryAccess, saveUnpacked } from '../unpacked.ts';
import type { BlobIndex } from './blob-index.ts';
import { encodeIndexFile, type IndexedPack } from './index-file.ts';

const blobsPerFileMax = 50_000;
const ageMsMax = 10 * 60 * 1000;

export interface IndexWriter {
  /** To be called only after the pack is durable. */
  addPack(packId: string, blobs: readonly PackedBlob[]): Promise<void>;
  /** Everything added before is indexed durably when the promise resolves. */
  flush(): Promise<void>;
}

export function createIndexWriter(
  access: RepositoryAccess,
  index: Pick<BlobIndex, 'addPack'>,
  signal?: AbortSignal,
): IndexWriter {
  let pending: IndexedPack[] = [];
  let pendingBlobs = 0;
  let oldestMs = 0;
  let writing: Promise<void> = Promise.resolve();

  const flush = (): Promise<void> => {
    const packs = pending;
    pending = [];
    pendingBlobs = 0;
    if (packs.length > 0) writing = writing.then(() => writeIndexFile(access, packs, signal));
    return writing;
  };

  return {
    async addPack(packId, blobs) {
      index.addPack(packId, blobs);
      if (pending.length === 0) oldestMs = nowMs();
      pending.push({ id: packId, blobs });
      pendingBlobs += blobs.length;
      if (pendingBlobs >= blobsPerFileMax || nowMs() - oldestMs >= ageMsMax) await flush();
    },
    flush,
  };
}

async function writeIndexFile(
  access: RepositoryAccess,
  packs: readonly IndexedPack[],
  signal?: AbortSignal,
): Promise<void> {
  await saveUnpacked(access, 'index', encodeIndexFile(packs), signal);
}
