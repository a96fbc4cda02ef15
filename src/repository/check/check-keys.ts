import type { ObjectStore } from '../../object-store/object-store.ts';
import { listIds } from '../index/load-index.ts';
import { keyFileProblem } from '../key/manage-keys.ts';
import { objectKey } from '../layout.ts';
import type { Findings } from './findings.ts';

/** A damaged key file is a password that no longer opens the vault, which is found out too late otherwise. */
export async function checkKeys(store: ObjectStore, findings: Findings, signal?: AbortSignal): Promise<void> {
  for (const id of await listIds({ store }, 'key', signal)) {
    const object = objectKey('key', id);
    const what = keyFileProblem(await store.get(object, undefined, signal), id);
    if (what === undefined) continue;
    const hint = 'Remove this key and add a new one while another password still opens the vault.';
    findings.errors.push({ object, what, hint });
  }
}
