import { hasCode } from '../error/lifeboat-error.ts';
import { randomBytes } from '../platform/random.ts';
import { failedBecause, type ProbeFinding, type Proving, passed } from './proving.ts';

/** Long enough for the probe, short enough for what is left of it to go with the next proof. */
const retainedForMs = 60_000;
const probeBytes = 16;

/** A retained object cannot be deleted for good, whatever these credentials may do otherwise. */
export async function proveRetention(proving: Proving): Promise<ProbeFinding> {
  const { store, newKey, nowMs, signal } = proving;
  const { retention, createOnly } = store.abilities;
  if (retention === undefined)
    return failedBecause('the plan asks for immutability, and the store retains nothing');
  const key = newKey();
  const bytes = randomBytes(probeBytes);
  if (createOnly) await createOnly.create(key, bytes, signal);
  else await store.put(key, bytes, signal);
  // stores keep whole seconds
  const untilMs = Math.ceil((nowMs() + retainedForMs) / 1000) * 1000;
  await retention.retain(key, untilMs, signal);
  const state = await retention.retentionOf(key, signal);
  if ((state.untilMs ?? 0) < untilMs) return failedBecause('the store did not take the date of a retention');
  const isGone = await deleteForGood(proving, key);
  return isGone ? failedBecause('a retained object was deleted for good before its date') : passed;
}

async function deleteForGood({ store, signal }: Proving, key: string): Promise<boolean> {
  const { versions } = store.abilities;
  try {
    if (versions === undefined) {
      await store.delete(key, signal);
      return true;
    }
    const all = await Array.fromAsync(versions.listVersions(key, signal));
    for (const { versionId } of all) await versions.deleteVersion(key, versionId, signal);
    return true;
  } catch (error) {
    if (!hasCode(error, 'OBJECT_RETAINED', 'STORE_DENIED')) throw error;
    return false;
  }
}
