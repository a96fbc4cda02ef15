import { defined } from '../../error/assert.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { BlobIndex } from '../index/blob-index.ts';
import { missingBlob } from '../index/load-index.ts';
import { objectKey } from '../layout.ts';
import type { BlobType } from '../pack/pack-header.ts';
import type { Snapshot } from '../repository-types.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { findNode, pathBytes } from './list-snapshot.ts';
import { openBlob } from './open-blob.ts';
import type { TreeReader } from './tree-reader.ts';

export interface ReadContext {
  readonly access: RepositoryAccess;
  readonly index: BlobIndex;
  readonly trees: TreeReader;
}

/** The bytes of one regular file, chunk by chunk. Raises PATH_NOT_FOUND before the first byte. */
export async function* dumpFile(
  context: ReadContext,
  snapshot: Snapshot,
  path: string | Buffer,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const node = await findNode(context.trees, snapshot, pathBytes(path), signal);
  if (node.type !== 'file') {
    throw new LifeboatError('PATH_NOT_FOUND', `${path.toString()} is a ${node.type}, not a regular file`, {
      hint: 'Name a file; `lifeboat restore` brings back folders.',
    });
  }
  for (const id of defined(node.content, 'content of a file'))
    yield await readBlob(context, 'data', id, signal);
}

/**
 * From any pack that has it whole; `skipped` is told of the others, by the id of the pack. Raises OBJECT_MISSING,
 * OBJECT_DAMAGED of the last place that was tried.
 */
export async function readBlob(
  context: ReadContext,
  type: BlobType,
  id: string,
  signal?: AbortSignal,
  skipped?: (packId: string) => void,
): Promise<Buffer> {
  let failure: unknown;
  for (const place of context.index.findAll(type, id)) {
    try {
      const sealed = await context.access.store.get(objectKey('pack', place.packId), place, signal);
      return openBlob(context.access.key, sealed, { id, type, ...place });
    } catch (error) {
      failure = error;
      if (hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) skipped?.(place.packId);
    }
  }
  throw failure ?? missingBlob(type, id);
}
