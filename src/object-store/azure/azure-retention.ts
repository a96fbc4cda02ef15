/** Version-level immutability: dates and holds of single blobs. */
import type { BlobGetPropertiesResponse } from '@azure/storage-blob';
import type { ObjectRetention, RetentionState } from '../abilities.ts';
import { assertKey } from '../key.ts';
import { type AzureContainer, blobOf, request, requireAzure } from './azure-container.ts';

/** Needs a container with versions and support for version-level immutability; STORE_UNFIT says so elsewhere. */
export function azureRetention(container: AzureContainer): ObjectRetention {
  const stateOf = async (key: string, signal: AbortSignal | undefined): Promise<RetentionState> => {
    assertKey(key);
    const found = await request(container, { doing: `look at ${key}`, key }, signal, (watch) =>
      blobOf(container, key).getProperties({ abortSignal: watch.signal }),
    );
    return retentionStateOf(found);
  };
  return {
    retentionOf: stateOf,
    async retain(key, untilMs, signal): Promise<void> {
      const present = await stateOf(key, signal);
      if (present.untilMs !== undefined && present.untilMs >= untilMs) return;
      const isLocked = present.mode === 'compliance' || container.retainNew?.mode === 'compliance';
      const policy = { expiriesOn: new Date(untilMs), policyMode: isLocked ? 'Locked' : 'Unlocked' } as const;
      const doing = `retain ${key}`;
      const answer = await request(container, { doing, key }, signal, (watch) =>
        blobOf(container, key).setImmutabilityPolicy(policy, { abortSignal: watch.signal }),
      );
      requireAzure(container, doing, answer);
    },
    async setLegalHold(key, held, signal): Promise<void> {
      assertKey(key);
      const doing = `set the legal hold of ${key}`;
      const answer = await request(container, { doing, key }, signal, (watch) =>
        blobOf(container, key).setLegalHold(held, { abortSignal: watch.signal }),
      );
      requireAzure(container, doing, answer);
    },
  };
}

function retentionStateOf(found: BlobGetPropertiesResponse): RetentionState {
  const { immutabilityPolicyExpiresOn: until, immutabilityPolicyMode: mode, legalHold = false } = found;
  // a policy that has ended is still told; it counts by the clock of the store
  if (until === undefined || until <= (found.date ?? until)) return { legalHold };
  return {
    untilMs: until.getTime(),
    mode: mode?.toLowerCase() === 'locked' ? 'compliance' : 'governance',
    legalHold,
  };
}
