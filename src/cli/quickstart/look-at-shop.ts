/** Looks at the live shop as a watchman would: nobody tells it what was done. */
import { DatabaseSync } from 'node:sqlite';
import { plural } from '../quantity-text.ts';
import type { QuickstartFolder } from './quickstart-folder.ts';
import type { RunningShop } from './running-shop.ts';
import { uploadSums } from './shop-uploads.ts';

export const signs = ['process', 'integrity', 'files'] as const;
export type Sign = (typeof signs)[number];

const busyMsMax = 5_000;
/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const damaged: readonly number[] = [11, 26];

export interface Trouble {
  readonly sign: Sign;
  readonly words: string;
}

/** Empty when all is well. `expected` is what was in the uploads: SHA-256 by path. */
export function lookAtShop(
  folder: QuickstartFolder,
  shop: RunningShop,
  expected: ReadonlyMap<string, string>,
): readonly Trouble[] {
  const ended = shop.ended();
  const reasons = integrityOf(folder.database);
  const files = filesOf(folder.uploads, expected);
  return [
    ...(ended === undefined
      ? []
      : [{ sign: 'process' as const, words: `the shop's process ended: ${ended}` }]),
    ...(reasons === undefined
      ? []
      : [{ sign: 'integrity' as const, words: `the database fails its integrity check: ${reasons}` }]),
    ...(files === undefined ? [] : [{ sign: 'files' as const, words: files }]),
  ];
}

/** `undefined` when the live database is sound. */
function integrityOf(path: string): string | undefined {
  try {
    using database = new DatabaseSync(path, { readOnly: true, timeout: busyMsMax });
    const rows = database.prepare('PRAGMA integrity_check(1)').all();
    const words = String(rows[0]?.['integrity_check']).trim();
    return words === 'ok' ? undefined : firstPlace(words);
  } catch (error) {
    if (!(error instanceof Error) || !('errcode' in error) || !damaged.includes(Number(error.errcode)))
      throw error;
    return error.message;
  }
}

/** `*** in database main ***\nTree 7 page 139: btreeInitPage() returns …`: where it is is enough here. */
function firstPlace(words: string): string {
  const last = words.split('\n').at(-1) ?? words;
  return last.split(':')[0] ?? last;
}

function filesOf(uploads: string, expected: ReadonlyMap<string, string>): string | undefined {
  const found = uploadSums(uploads);
  const missing = [...expected.keys()].filter((path) => !found.has(path)).length;
  const changed = [...expected].filter(([path, sum]) => found.has(path) && found.get(path) !== sum).length;
  if (missing + changed === 0) return undefined;
  return `${missing} of ${plural(expected.size, 'upload')} missing, ${changed} changed`;
}
