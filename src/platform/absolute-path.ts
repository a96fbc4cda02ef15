import { resolve } from 'node:path';
import { homeDirectory } from './environment.ts';

/** An absolute path without `.` and `..`: `~/` is the home folder, relative ones count from `folder`. */
export function absolutePath(path: string, folder: string): string {
  if (path === '~' || path.startsWith('~/')) return resolve(homeDirectory() + path.slice(1));
  return resolve(folder, path);
}
