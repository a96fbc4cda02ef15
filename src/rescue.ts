/**
 * The smaller root: what it takes to read a vault with its key and to bring back what it holds. No catalog, no
 * queue, no server and no plan, not even through others; a test checks it.
 */
import { access, constants } from 'node:fs/promises';
import type { StoreAdapters } from './cli/adapters.ts';
import { LifeboatError, systemErrorName } from './error/lifeboat-error.ts';
import { withRetry } from './object-store/retry.ts';

export const rescueAdapters: StoreAdapters = {
  async openStore(location) {
    if (location.kind !== 'folder') throw new LifeboatError('USAGE', `${location.kind} comes later`);
    const { openLocalStore } = await import('./object-store/local/local-store.ts');
    const { withLimit } = await import('./object-store/limit.ts');
    const store = openLocalStore(location.path);
    return withRetry(withLimit(store, store.facts.connections));
  },
  async isWritable(location) {
    if (location.kind !== 'folder') return true;
    try {
      await access(location.path, constants.W_OK);
      return true;
    } catch (error) {
      return !['EROFS', 'EACCES', 'EPERM'].includes(systemErrorName(error) ?? '');
    }
  },
};
