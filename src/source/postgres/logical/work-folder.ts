/** A private folder for dumps under way. What a crash left behind is removed when the next one is made. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { pid, processIsAlive } from '../../../platform/host.ts';

export interface WorkFolder extends AsyncDisposable {
  readonly path: string;
}

const prefix = 'postgres-dump-';

/** Only the owner can read it; removed with everything in it at disposal. */
export async function makeWorkFolder(folder: string): Promise<WorkFolder> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  await removeLeftovers(folder);
  const own = await fs.mkdtemp(path.join(folder, `${prefix}${pid()}-`));
  return { path: own, [Symbol.asyncDispose]: () => fs.rm(own, { recursive: true, force: true }) };
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const owner = Number.parseInt(name.slice(prefix.length), 10);
    if (Number.isNaN(owner) || processIsAlive(owner)) continue;
    await fs.rm(path.join(folder, name), { recursive: true, force: true });
  }
}
