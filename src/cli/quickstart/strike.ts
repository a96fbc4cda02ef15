/** The disaster: uploads are deleted and the database file is damaged while the shop works. */
import { closeSync, fstatSync, fsyncSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from '../../platform/random.ts';
import type { QuickstartFolder } from './quickstart-folder.ts';

export interface Strike {
  /** Milliseconds since the epoch, just before the first harm. */
  readonly atMs: number;
  readonly pagesOverwritten: number;
  readonly pagesTotal: number;
}

/** SQLite file format, section 1.3.2; 1 stands for 65,536. */
const pageSizeOffset = 16;

export function strike({ uploads, database }: QuickstartFolder, nowMs: () => number): Strike {
  const atMs = nowMs();
  for (const name of readdirSync(uploads)) rmSync(join(uploads, name), { recursive: true });
  return { atMs, ...overwriteMiddle(database) };
}

/** The middle third becomes random bytes. */
function overwriteMiddle(database: string): Omit<Strike, 'atMs'> {
  const fd = openSync(database, 'r+');
  try {
    const header = Buffer.alloc(2);
    readSync(fd, header, 0, header.length, pageSizeOffset);
    const pageBytes = header.readUInt16BE() === 1 ? 65_536 : header.readUInt16BE();
    const pagesTotal = Math.floor(fstatSync(fd).size / pageBytes);
    const pagesOverwritten = Math.ceil(pagesTotal / 3);
    const bytes = randomBytes(pagesOverwritten * pageBytes);
    writeSync(fd, bytes, 0, bytes.length, Math.floor(pagesTotal / 3) * pageBytes);
    fsyncSync(fd);
    return { pagesOverwritten, pagesTotal };
  } finally {
    closeSync(fd);
  }
}
