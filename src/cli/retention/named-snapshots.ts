/** What snapshots were called first, as far as it can be read. */
import { hasCode } from '../../error/lifeboat-error.ts';
import type { NamedSnapshot } from '../../recovery-point/holds.ts';
import type { Vault } from '../../vault/vault.ts';

const readsAtOnce = 8;

/** One that is damaged or gone does not tell it. */
export async function namedSnapshots(
  vault: Vault,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<readonly NamedSnapshot[]> {
  const named: NamedSnapshot[] = [];
  for (let at = 0; at < ids.length; at += readsAtOnce) {
    const batch = ids.slice(at, at + readsAtOnce);
    named.push(...(await Promise.all(batch.map((id) => namedSnapshot(vault, id, signal)))));
  }
  return named;
}

async function namedSnapshot(vault: Vault, id: string, signal?: AbortSignal): Promise<NamedSnapshot> {
  try {
    return await vault.repository.snapshot(id, {}, signal);
  } catch (error) {
    if (hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING', 'SNAPSHOT_NOT_FOUND')) return { id };
    throw error;
  }
}
