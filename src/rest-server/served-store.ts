/** What may be done to the objects that are served: nothing visible before it was verified, no more bytes than allowed. */
import { hash } from 'node:crypto';
import { isThere, statIfThere } from '../object-store/is-there.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { spareKey } from '../repository/spare-key.ts';
import { type Answer, done, words } from './answer.ts';
import type { Quota } from './quota.ts';
import type { RestTarget } from './rest-path.ts';

type StoredTarget = Extract<RestTarget, { kind: 'config' | 'object' }>;

export interface ServedStore {
  readonly store: ObjectStore;
  readonly appendOnly: boolean;
  readonly quota?: Quota;
  /** Keys that are being written or deleted: who wants the same key comes one after the other. */
  readonly writing: Map<string, Promise<unknown>>;
}

/** Answers that need no body: they are found before it is read. */
export async function refuseSave(
  { store }: ServedStore,
  target: StoredTarget,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  if (target.kind !== 'config' || !(await isThere(store, target.key, signal))) return undefined;
  return words(403, 'the repository has a config already, and it is not replaced', { closes: true });
}

/** An upload is not stopped when its client goes away: it is whole by now. */
export async function save(served: ServedStore, target: StoredTarget, bytes: Buffer): Promise<Answer> {
  if (target.kind === 'object' && hash('sha256', bytes, 'hex') !== target.id)
    return words(400, 'the body does not have the SHA-256 that is its name');
  return await inTurn(served, target.key, () => saveAlone(served, target, bytes));
}

async function inTurn<T>({ writing }: ServedStore, key: string, act: () => Promise<T>): Promise<T> {
  const before = writing.get(key);
  const own = (async () => {
    await before?.catch(() => undefined);
    return await act();
  })();
  writing.set(key, own);
  try {
    return await own;
  } finally {
    if (writing.get(key) === own) writing.delete(key);
  }
}

async function saveAlone(served: ServedStore, target: StoredTarget, bytes: Buffer): Promise<Answer> {
  const { store, quota } = served;
  const present = (await statIfThere(store, target.key))?.size;
  if (quota !== undefined && !quota.reserve(bytes.length - (present ?? 0)))
    return words(507, 'the repositories have reached the size that is allowed');
  const mayReplace = target.kind === 'object' && !served.appendOnly;
  try {
    if (mayReplace) await store.put(target.key, bytes);
    else if (!(await create(store, target.key, bytes, present))) {
      quota?.release(bytes.length - (present ?? 0));
      return await alreadyThere(store, target, bytes);
    }
  } catch (error) {
    quota?.release(bytes.length - (present ?? 0));
    throw error;
  }
  return done;
}

/** False: something is there already. Without the store's help the look before has to do; no other writer is in between here. */
async function create(
  store: ObjectStore,
  key: string,
  bytes: Buffer,
  present: number | undefined,
): Promise<boolean> {
  const { createOnly } = store.abilities;
  if (createOnly !== undefined) return (await createOnly.create(key, bytes)) === 'created';
  if (present !== undefined) return false;
  await store.put(key, bytes);
  return true;
}

/** A client whose answer was lost sends again, and must not fail; a damaged object must not pass for a sound one. */
async function alreadyThere(store: ObjectStore, target: StoredTarget, bytes: Buffer): Promise<Answer> {
  if (target.kind === 'object' && (await store.get(target.key)).equals(bytes)) return done;
  return words(403, 'there is another object of this name, and nothing is replaced here');
}

export async function remove(
  served: ServedStore,
  target: StoredTarget,
  signal: AbortSignal,
): Promise<Answer> {
  const isLock = target.kind === 'object' && target.type === 'locks';
  if (served.appendOnly && !isLock)
    return words(403, 'this server is append-only: nothing but locks is deleted');
  // in turn, for what is deleted twice at once gives its room back once
  return await inTurn(served, target.key, () => removeAlone(served, target, signal));
}

async function removeAlone(
  { store, quota }: ServedStore,
  target: StoredTarget,
  signal: AbortSignal,
): Promise<Answer> {
  const present = quota === undefined ? undefined : (await statIfThere(store, target.key, signal))?.size;
  const copy = copyOfKey(target);
  if (copy !== undefined) await store.delete(copy);
  await store.delete(target.key);
  if (copy !== undefined) await store.delete(copy);
  quota?.release(present ?? 0);
  return done;
}

/**
 * Where a vault of ours keeps the second copy of a key: a client that takes the key away means both, and knows of one.
 * Before, so that no copy is left behind; and after, for the vault's own host may have made it anew in between.
 */
function copyOfKey(target: StoredTarget): string | undefined {
  if (target.kind !== 'object' || target.type !== 'keys') return undefined;
  const inVault = `keys/${target.id}`;
  return target.key.slice(0, -inVault.length) + spareKey(inVault);
}
