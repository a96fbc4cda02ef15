/** A private file for a moment. What a crash left behind is removed when the next one is made. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { pid, processIsAlive } from '../../platform/host.ts';

export interface WorkFile extends AsyncDisposable {
  readonly path: string;
  readonly descriptor: number;
}

const prefix = 'sqlite-work-';

/** Only the owner can read it: a database may hold what the folder's other readers must not see. */
export async function openWorkFile(folder: string): Promise<WorkFile> {
  const own = await makeWorkFolder(folder);
  const filePath = path.join(own.path, 'database');
  const file = await fs.open(filePath, 'wx+', 0o600);
  return {
    path: filePath,
    descriptor: file.fd,
    async [Symbol.asyncDispose]() {
      await file.close();
      await own[Symbol.asyncDispose]();
    },
  };
}

/** A private folder, removed with everything in it at disposal. */
export async function makeWorkFolder(folder: string): Promise<AsyncDisposable & { readonly path: string }> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  await removeLeftovers(folder);
  const own = await fs.mkdtemp(path.join(folder, `${prefix}${pid()}-`));
  return { path: own, [Symbol.asyncDispose]: () => fs.rm(own, { recursive: true, force: true }) };
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    const owner = Number.parseInt(name.slice(prefix.length), 10);
    if (!name.startsWith(prefix) || Number.isNaN(owner) || processIsAlive(owner)) continue;
    await fs.rm(path.join(folder, name), { recursive: true, force: true });
  }
}
