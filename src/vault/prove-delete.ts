import { hasCode } from '../error/lifeboat-error.ts';
import { isThere } from '../object-store/is-there.ts';
import { randomBytes } from '../platform/random.ts';
import { failedBecause, isListed, type ProbeFinding, type Proving, passed } from './proving.ts';

/** Deleting works; or, for who only adds, neither deleting nor replacing takes anything away. */
export async function proveDelete(proving: Proving, key: string): Promise<ProbeFinding> {
  return proving.appendOnly ? await proveRefusal(proving, key) : await proveRemoval(proving, key);
}

async function proveRemoval(proving: Proving, key: string): Promise<ProbeFinding> {
  const { store, signal } = proving;
  try {
    await store.delete(key, signal);
  } catch (error) {
    if (!hasCode(error, 'STORE_DENIED', 'OBJECT_RETAINED')) throw error;
    return failedBecause(`deleting is refused: ${error.message}`);
  }
  if (await isThere(proving.store, key, proving.signal))
    return failedBecause('what was deleted can still be read');
  if (await isListed(proving, key)) return failedBecause('what was deleted is still listed');
  return passed;
}

async function proveRefusal(proving: Proving, key: string): Promise<ProbeFinding> {
  const { store, signal } = proving;
  if (store.facts.directory !== undefined)
    return {
      verdict: 'not-offered',
      message: 'a folder refuses nothing; only this program keeps from deleting',
    };
  const before = await store.get(key, undefined, signal);
  const isReplaced = await isAllowed(() => store.put(key, randomBytes(before.length), signal));
  const isDeleted = await isAllowed(() => store.delete(key, signal));
  if (!isReplaced && !isDeleted) return passed;
  const doing = [...(isReplaced ? ['replace'] : []), ...(isDeleted ? ['delete'] : [])].join(' and ');
  const kept = await keptVersion(proving, key, before);
  if (kept === undefined)
    return failedBecause(`these credentials ${doing} for good; anybody who steals them can empty the vault`);
  if (await isAllowed(async () => store.abilities.versions?.deleteVersion(key, kept, signal)))
    return failedBecause('these credentials delete versions; anybody who steals them can empty the vault');
  return {
    verdict: 'pass',
    message: `they ${doing}, but the content stays as a version that they cannot delete`,
  };
}

/** The id of the version that has the content. */
async function keptVersion(
  { store, signal }: Proving,
  key: string,
  content: Buffer,
): Promise<string | undefined> {
  const { versions } = store.abilities;
  if (versions === undefined) return undefined;
  for await (const { versionId, isDeletion } of versions.listVersions(key, signal)) {
    if (isDeletion) continue;
    if ((await versions.getVersion(key, versionId, signal)).equals(content)) return versionId;
  }
  return undefined;
}

async function isAllowed(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (!hasCode(error, 'STORE_DENIED', 'OBJECT_RETAINED', 'OBJECT_EXISTS')) throw error;
    return false;
  }
}
