/** Where a patched file finds what it is a patch of, while the writer may stand aside for others between two reads. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { missingBlob } from '../index/load-index.ts';
import { readBlob } from '../read/dump-file.ts';
import type { Snapshot } from '../repository-types.ts';
import type { PatchContext } from './patch-content.ts';
import type { SaveContext } from './save-context.ts';

export function patchContext(context: SaveContext, signal: AbortSignal | undefined): PatchContext {
  const { pool } = context;
  return {
    pieces: pool.pieces,
    saveStream: (bytes, cut) => pool.saveStream(bytes, cut),
    plaintextBytes(id) {
      const bytes = context.index.plaintextBytes('data', id);
      if (bytes === undefined) throw missingBlob('data', id);
      return bytes;
    },
    async read(id) {
      await pool.turnstile.enter();
      try {
        return await readBlob(context, 'data', id, signal);
      } finally {
        pool.turnstile.leave();
      }
    },
  };
}

export function baseLacks(path: string, base: Snapshot | undefined): LifeboatError {
  const where = base === undefined ? 'no snapshot was named' : `snapshot ${base.id} has no such file`;
  return new LifeboatError('PATH_NOT_FOUND', `the changes of ${path} belong to an older file: ${where}`, {
    hint: 'Take a full backup of this system.',
    details: { path },
  });
}
