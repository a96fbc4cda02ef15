/** Objects that are named by their content and lie under another name are put back: two may have changed places. */
import { hash } from 'node:crypto';
import { idInKey } from '../layout.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { unlessDamaged } from './anatomy.ts';

/** Held in memory at once; what more there is has to be made anew. */
const misplacedMax = 16;

/** `wrong`: keys of objects that are there with the wrong content. `absent`: keys that should be there. Returns what is right again. */
export async function putBackMisplaced(
  { store }: RepositoryAccess,
  wrong: readonly string[],
  absent: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const wanted = new Map([...wrong, ...absent].map((key) => [idInKey(key), key]));
  const found = new Map<string, Buffer>();
  for (const key of wrong) {
    if (found.size >= misplacedMax) break;
    const bytes = await unlessDamaged(() => store.get(key, undefined, signal));
    const home = bytes && wanted.get(hash('sha256', bytes, 'hex'));
    if (bytes && home !== undefined && home !== key) found.set(home, bytes);
  }
  for (const [key, bytes] of found) await store.put(key, bytes, signal);
  return [...found.keys()];
}
