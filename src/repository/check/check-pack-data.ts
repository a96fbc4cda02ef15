import { hasCode } from '../../error/lifeboat-error.ts';
import { forEachLimited } from '../for-each-limited.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import { objectKey } from '../layout.ts';
import { ownMemory } from '../own-memory.ts';
import type { PackedBlob } from '../pack/pack-header.ts';
import type { CheckOptions } from '../repository-types.ts';
import type { ReadReply, ReadRequest, ReadWorkerData } from '../restore/restore-protocol.ts';
import { readWorkerModule } from '../restore/restore-snapshot.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { createWorkerPool, type WorkerPool } from '../worker-pool.ts';
import { type Findings, recording } from './findings.ts';

export interface PackDataRequest {
  readonly access: RepositoryAccess;
  readonly index: BlobIndex;
  readonly workers: number;
  /** Threads that were started before; absent: as many as `workers` for this call. */
  readonly readers?: PackReaders;
  readonly packs: readonly string[];
  /** Bytes of each pack. */
  readonly sizes: ReadonlyMap<string, number>;
}

const packsPerWorker = 2;

export type PackReaders = WorkerPool<ReadRequest, ReadReply>;

/** It takes a while until they run, in which something else can be done. */
export function startPackReaders({ key }: RepositoryAccess, workers: number): PackReaders {
  return createWorkerPool(readWorkerModule, { key } satisfies ReadWorkerData, workers);
}

export interface PackDataRead {
  readonly bytesRead: number;
  /** Packs in an archive class: of their bytes nothing is known. */
  readonly coldPackIds: readonly string[];
}

/** Reads the packs whole and takes every blob apart. What must be thawed is left out and named. */
export async function checkPackData(
  request: PackDataRequest,
  findings: Findings,
  options: CheckOptions,
): Promise<PackDataRead> {
  if (request.packs.length === 0) return { bytesRead: 0, coldPackIds: [] };
  if (request.readers !== undefined) return await readPacks(request, request.readers, findings, options);
  await using readers = startPackReaders(request.access, request.workers);
  return await readPacks(request, readers, findings, options);
}

async function readPacks(
  { access, index, workers, packs, sizes }: PackDataRequest,
  readers: PackReaders,
  findings: Findings,
  options: CheckOptions,
): Promise<PackDataRead> {
  const coldPackIds: string[] = [];
  const blobsByPack = blobsOf(index, new Set(packs));
  const totalBytes = packs.reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0);
  let doneBytes = 0;
  await forEachLimited(packs, workers * packsPerWorker, async (packId) => {
    options.signal?.throwIfAborted();
    const object = objectKey('pack', packId);
    const stored = await recording(findings, object, () =>
      unlessCold(access.store.get(object, undefined, options.signal)),
    );
    if (stored === 'cold') coldPackIds.push(packId);
    if (stored === undefined || stored === 'cold') return;
    doneBytes += stored.length;
    const bytes = ownMemory(stored);
    const reply = await readers.run(
      { type: 'check-pack', packId, bytes, blobs: blobsByPack.get(packId) ?? [] },
      [bytes.buffer],
    );
    for (const what of reply.packErrors)
      findings.errors.push({
        object,
        what,
        hint: '`lifeboat repair heal` makes it anew from another vault; `lifeboat ls` and `restore` still work for what lies in other packs.',
      });
    options.progress?.({ phase: 'check data', doneFiles: 0, doneBytes, totalBytes });
  });
  return { bytesRead: doneBytes, coldPackIds: coldPackIds.sort() };
}

async function unlessCold(reading: Promise<Buffer>): Promise<Buffer | 'cold'> {
  try {
    return await reading;
  } catch (error) {
    if (hasCode(error, 'OBJECT_COLD')) return 'cold';
    throw error;
  }
}

function blobsOf(index: BlobIndex, packs: ReadonlySet<string>): Map<string, PackedBlob[]> {
  const byPack = new Map<string, PackedBlob[]>();
  for (const { packId, ...blob } of index.entries()) {
    if (!packs.has(packId)) continue;
    const blobs = byPack.get(packId);
    if (blobs) blobs.push(blob);
    else byPack.set(packId, [blob]);
  }
  return byPack;
}
