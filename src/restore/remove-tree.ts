import { chmodSync, readdirSync, rmSync } from 'node:fs';
import { systemErrorName } from '../error/lifeboat-error.ts';

/** Removes a folder with all it holds, also folders that came back without the right to write into them. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes(systemErrorName(error) ?? '')) throw error;
    allowWriting(path);
    rmSync(path, { recursive: true, force: true });
  }
}

function allowWriting(root: string): void {
  const stack = [Buffer.from(root)];
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    chmodSync(folder, 0o700);
    for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' }))
      if (entry.isDirectory()) stack.push(Buffer.concat([folder, Buffer.from('/'), entry.name]));
  }
}
