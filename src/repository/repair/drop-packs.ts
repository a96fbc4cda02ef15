/** Takes packs out of the index and then away. What they held and is needed must be durable and indexed elsewhere. */
import { objectKey } from '../layout.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { anatomyOf } from './anatomy.ts';
import { writeIndexFiles } from './repair-index.ts';

export async function dropPacks(
  access: RepositoryAccess,
  packIds: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<void> {
  if (packIds.size === 0) return;
  const { files, packs } = await anatomyOf(access, signal);
  const touched = [...files].filter(([, entries]) => entries.some(({ id }) => packIds.has(id)));
  const kept = touched.flatMap(([, entries]) => entries.filter(({ id }) => !packIds.has(id)));
  await writeIndexFiles(access, kept, signal);
  for (const [id] of touched) await access.store.delete(objectKey('index', id), signal);
  for (const id of packIds) if (packs.has(id)) await access.store.delete(objectKey('pack', id), signal);
}
