/** Access tiers, and getting blobs out of the archive tier. */
import type { BlobGetPropertiesResponse } from '@azure/storage-blob';
import { assert } from '../../error/assert.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ArchiveThaw, StorageClasses, ThawSpeed, ThawState } from '../abilities.ts';
import { assertKey } from '../key.ts';
import { type AzureContainer, blobOf, request, requireAzure } from './azure-container.ts';
import { uploadBlob } from './upload-blob.ts';

const hourMs = 60 * 60 * 1000;
const archive = 'Archive';

/** Dearest to keep first, which is dearest to read last. */
export const azureTiers: readonly string[] = ['Hot', 'Cool', 'Cold', archive];

/** The upper ends of what Microsoft tells; large blobs may take longer. Bulk is not offered. */
const thawMsBySpeed: Readonly<Partial<Record<ThawSpeed, number>>> = {
  expedited: hourMs,
  standard: 15 * hourMs,
};

export function azureStorageClasses(container: AzureContainer): StorageClasses {
  return {
    async putInto(tier, key, bytes, signal): Promise<void> {
      assertKey(key);
      assertTier(tier);
      await uploadBlob(container, key, bytes, { tier }, signal);
    },
    async createInto(tier, key, bytes, signal) {
      assertKey(key);
      assertTier(tier);
      const outcome = await uploadBlob(container, key, bytes, { tier, createOnly: true }, signal);
      return outcome === 'done' ? 'created' : 'exists';
    },
    async classOf(key, signal): Promise<string> {
      return tierOf(await propertiesOf(container, key, signal));
    },
    async moveTo(tier, key, signal): Promise<void> {
      assertTier(tier);
      if (tierOf(await propertiesOf(container, key, signal)) === tier) return;
      const doing = `move ${key} to ${tier}`;
      const answer = await request(container, { doing, key }, signal, (watch) =>
        blobOf(container, key).setAccessTier(tier, { abortSignal: watch.signal }),
      );
      requireAzure(container, doing, answer);
    },
  };
}

/**
 * A thaw moves the blob to Hot, where it stays: Azure knows no thaw for some days. Who wants it cold again
 * moves it.
 */
export function azureThaw(container: AzureContainer): ArchiveThaw {
  return {
    async stateOf(key, signal): Promise<ThawState> {
      return thawStateOf(await propertiesOf(container, key, signal));
    },
    async thaw(key, speed, days, signal): Promise<void> {
      assert(Number.isInteger(days) && days >= 1, 'a thaw is for whole days');
      if (thawMsBySpeed[speed] === undefined) throw notOffered(speed);
      const found = await propertiesOf(container, key, signal);
      const { kind } = thawStateOf(found);
      const rehydratePriority = speed === 'expedited' ? 'High' : 'Standard';
      const isRaised =
        kind === 'thawing' && rehydratePriority === 'High' && found.rehydratePriority !== 'High';
      if (kind !== 'cold' && !isRaised) return;
      const doing = `thaw ${key}`;
      const answer = await request(container, { doing, key }, signal, (watch) =>
        blobOf(container, key).setAccessTier('Hot', { rehydratePriority, abortSignal: watch.signal }),
      );
      requireAzure(container, doing, answer);
    },
    usualMs: (tier, speed) => (tier === archive ? thawMsBySpeed[speed] : undefined),
  };
}

/** A tier that is not told is that of the account, which may be changed any day. */
export function isAlwaysWarm(tier: string | undefined, archiveStatus: string | undefined): boolean {
  return tier !== undefined && tier !== archive && azureTiers.includes(tier) && archiveStatus === undefined;
}

function thawStateOf({ accessTier, archiveStatus }: BlobGetPropertiesResponse): ThawState {
  if (accessTier !== archive) return { kind: 'ready' };
  return archiveStatus?.startsWith('rehydrate-pending') ? { kind: 'thawing' } : { kind: 'cold' };
}

/** Accounts of one tier name none. */
function tierOf({ accessTier }: BlobGetPropertiesResponse): string {
  return accessTier ?? 'Hot';
}

async function propertiesOf(
  container: AzureContainer,
  key: string,
  signal: AbortSignal | undefined,
): Promise<BlobGetPropertiesResponse> {
  assertKey(key);
  return await request(container, { doing: `look at ${key}`, key }, signal, (watch) =>
    blobOf(container, key).getProperties({ abortSignal: watch.signal }),
  );
}

function assertTier(tier: string): void {
  assert(azureTiers.includes(tier), `${tier} is a tier of Azure`);
}

function notOffered(speed: ThawSpeed): LifeboatError {
  return new LifeboatError('STORE_UNFIT', `Azure has no thaw of the speed "${speed}"`, {
    hint: 'Choose the speed "standard" or "expedited".',
  });
}
