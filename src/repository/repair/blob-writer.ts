/** Stores blobs whose plaintext is known into new packs of a repository: data and trees apart, each taken apart again. */
import { hash } from 'node:crypto';
import { assert } from '../../error/assert.ts';
import { compress } from '../compression.ts';
import { BlobIndex } from '../index/blob-index.ts';
import { createIndexWriter } from '../index/index-writer.ts';
import { createPackBuilder, type FinishedPack, treePackBytesTarget } from '../pack/pack-builder.ts';
import type { BlobType } from '../pack/pack-header.ts';
import { putPack } from '../pack/put-pack.ts';
import { openBlob } from '../read/open-blob.ts';
import type { Session } from '../session.ts';

export interface BlobWriter {
  /** Whether it was stored by this writer. */
  has(type: BlobType, id: string): boolean;
  /** Once for each blob; the bytes must be those of the id. */
  store(type: BlobType, id: string, plaintext: Uint8Array): Promise<void>;
  /** Everything stored before is durable and indexed when the promise resolves. */
  finish(): Promise<void>;
  readonly packIds: readonly string[];
  readonly blobs: number;
  readonly bytes: number;
}

export function createBlobWriter(session: Session, signal?: AbortSignal): BlobWriter {
  const { access, packBytesTarget } = session;
  const indexWriter = createIndexWriter(access, new BlobIndex(), signal);
  const stored = new Set<string>();
  const packIds: string[] = [];
  let bytes = 0;
  const builder = (bytesTarget: number) =>
    createPackBuilder(
      access.key,
      (bytesMin) => new Uint8Array(bytesMin),
      (sealed, blob) =>
        void openBlob(access.key, sealed, {
          id: blob.id,
          type: blob.type,
          packId: '0'.repeat(64),
          uncompressedLength: blob.uncompressedLength,
        }),
      bytesTarget,
    );
  const builders = {
    data: builder(packBytesTarget),
    tree: builder(Math.min(packBytesTarget, treePackBytesTarget)),
  };

  async function put(pack: FinishedPack): Promise<void> {
    await putPack(access, { ...pack, buffer: pack.buffer.buffer }, signal);
    packIds.push(pack.id);
    await indexWriter.addPack(pack.id, pack.blobs);
  }

  return {
    has: (type, id) => stored.has(`${type} ${id}`),
    async store(type, id, plaintext) {
      if (stored.has(`${type} ${id}`)) return;
      assert(hash('sha256', plaintext, 'hex') === id, 'a blob is stored under the hash of its bytes');
      stored.add(`${type} ${id}`);
      bytes += plaintext.length;
      const isCompressed = access.version === 2 && plaintext.length > 0;
      const content = isCompressed ? compress(plaintext) : plaintext;
      const uncompressedLength = isCompressed ? plaintext.length : 0;
      for (const pack of builders[type].add({ id, type, content, uncompressedLength })) await put(pack);
    },
    async finish() {
      for (const each of [builders.data, builders.tree]) {
        const pack = each.finish();
        if (pack) await put(pack);
      }
      await indexWriter.flush();
    },
    packIds,
    get blobs() {
      return stored.size;
    },
    get bytes() {
      return bytes;
    },
  };
}
