/** What lies in the folders of a repository under names that nobody reads: no damage, but nobody else would tell. */
import { idAt, idInKey, objectFolders, objectKey } from '../layout.ts';
import type { CheckFinding } from '../repository-types.ts';
import type { RepositoryAccess } from '../unpacked.ts';

const namedMax = 10;
const kinds = ['key', 'pack', 'index', 'snapshot', 'lock'] as const;

/** `known`: keys that others met among index files and packs. */
export async function strangeObjects(
  { store }: RepositoryAccess,
  known: readonly string[],
  signal?: AbortSignal,
): Promise<readonly CheckFinding[]> {
  const strange = [...known];
  for (const kind of ['key', 'snapshot', 'lock'] as const)
    for await (const { key } of store.list(objectFolders[kind], signal))
      if (idAt(kind, key) === undefined) strange.push(key);
  const named = strange.sort().slice(0, namedMax);
  const more = strange.length - named.length;
  return named.map((object, at) => ({
    object,
    what: `has a name that no object of a vault has${more > 0 && at === namedMax - 1 ? `, and so have ${more} more` : ''}`,
    hint: hintOf(object),
  }));
}

/** What somebody moved may be all that is left of a thing that is missed. */
function hintOf(key: string): string {
  const id = idInKey(key);
  const kind = kinds.find((each) => key.startsWith(objectFolders[each]));
  return id === undefined || kind === undefined
    ? 'Harmless: no command reads or removes it. Remove it by hand if you know what it is.'
    : `No command reads or removes it there. If ${objectKey(kind, id)} is missing, move it to that place.`;
}
