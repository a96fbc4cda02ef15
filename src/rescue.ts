/**
 * The smaller root: what it takes to read a vault with its key and to bring back what it holds. No catalog, no
 * queue, no server and no plan, not even through others; a test checks it.
 */
import { access, constants } from 'node:fs/promises';
import type { StoreAdapters } from './cli/adapters.ts';
import type { Location } from './config/location.ts';
import type { StoreSettings } from './config/store-settings.ts';
import { systemErrorName } from './error/lifeboat-error.ts';
import type { ObjectStore } from './object-store/object-store.ts';
import { withRetry } from './object-store/retry.ts';

export const rescueAdapters: StoreAdapters = {
  async openStore(location, settings = {}, hooks = {}) {
    const { composeStore } = await import('./object-store/compose-store.ts');
    const store = composeStore(await storeAt(location, settings), settings);
    const { counts } = store;
    if (location.kind === 'folder') return { ...withRetry(store), counts };
    const { withPatience } = await import('./object-store/patience.ts');
    return { ...withPatience(store, hooks), counts };
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

/** The one place that knows every kind of store; each is loaded only when a location names it. */
async function storeAt(location: Location, settings: StoreSettings): Promise<ObjectStore> {
  switch (location.kind) {
    case 'folder': {
      const { openLocalStore } = await import('./object-store/local/local-store.ts');
      return openLocalStore(location.path);
    }
    case 's3': {
      const { openS3Store } = await import('./object-store/s3/s3-store.ts');
      const { credentials, ...others } = settings;
      return openS3Store(location, credentials?.kind === 's3' ? { ...others, credentials } : others);
    }
    case 'azure': {
      const { openAzureStore } = await import('./object-store/azure/azure-store.ts');
      return await openAzureStore(location, settings);
    }
  }
}
