/** What lies in the folders of a repository under names that nobody reads: no damage, but nobody else would tell. */
import { idInKey, objectFolders } from '../layout.ts';
import type { CheckFinding } from '../repository-types.ts';
import type { RepositoryAccess } from '../unpacked.ts';

const namedMax = 10;

/** `known`: keys that others met among index files and packs. */
export async function strangeObjects(
  { store }: RepositoryAccess,
  known: readonly string[],
  signal?: AbortSignal,
): Promise<readonly CheckFinding[]> {
  const strange = [...known];
  for (const folder of [objectFolders.key, objectFolders.snapshot, objectFolders.lock])
    for await (const { key } of store.list(folder, signal)) if (idInKey(key) === undefined) strange.push(key);
  const named = strange.sort().slice(0, namedMax);
  const more = strange.length - named.length;
  return named.map((object, at) => ({
    object,
    what: `has a name that no object of a vault has${more > 0 && at === namedMax - 1 ? `, and so have ${more} more` : ''}`,
    hint: 'Harmless: no command reads or removes it. Remove it by hand if you know what it is.',
  }));
}
