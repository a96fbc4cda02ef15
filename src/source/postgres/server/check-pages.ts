/** Reads every page of a cluster's relation files and compares its checksum. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { systemErrorName } from '../../../error/lifeboat-error.ts';
import { sleep } from '../../../platform/timers.ts';
import type { ControlFile } from '../files/control-file.ts';
import { checkPages, type PageProblem } from '../files/page-checksum.ts';
import { relationFileOf } from '../files/relation-file.ts';

export interface PagesVerdict {
  readonly pages: number;
  /** One for each damaged page, at most `reasonsMax`. */
  readonly reasons: readonly string[];
}

const readBytes = 1024 * 1024;
export const reasonsMax = 100;
/** A server that runs may be writing a page just now: what is wrong is read again. */
const looks = 5;
const lookMs = 100;

/** The server may be running. Files that it deletes meanwhile are not missed. Raises the system's error. */
export async function checkAllPages(
  data: string,
  control: ControlFile,
  signal?: AbortSignal,
): Promise<PagesVerdict> {
  let pages = 0;
  const reasons: string[] = [];
  for await (const file of relationFiles(data, '')) {
    signal?.throwIfAborted();
    if (reasons.length >= reasonsMax) break;
    const checked = await checkFile(data, file, control);
    pages += checked.pages;
    reasons.push(...checked.problems.map((problem) => describe(file, problem)));
  }
  return { pages, reasons: reasons.slice(0, reasonsMax) };
}

/** Through the links of tablespaces, which lead to one folder each. */
async function* relationFiles(data: string, folder: string): AsyncGenerator<string> {
  for (const entry of await fs.readdir(path.join(data, folder), { withFileTypes: true })) {
    const below = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (relationFileOf(below) !== undefined) yield below;
    else if (entry.isDirectory() || folder === 'pg_tblspc') yield* relationFiles(data, below);
  }
}

async function checkFile(
  data: string,
  file: string,
  control: ControlFile,
): Promise<{ readonly pages: number; readonly problems: readonly PageProblem[] }> {
  const handle = await openIfThere(path.join(data, file));
  if (handle === undefined) return { pages: 0, problems: [] };
  try {
    const firstOfFile = (relationFileOf(file)?.segment ?? 0) * control.relationSegmentBlocks;
    const buffer = Buffer.alloc(readBytes);
    const problems: PageProblem[] = [];
    let at = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, readBytes, at);
      if (bytesRead === 0) return { pages: at / control.blockBytes, problems };
      const firstBlock = firstOfFile + at / control.blockBytes;
      for (const problem of checkPages(buffer.subarray(0, bytesRead), {
        blockBytes: control.blockBytes,
        firstBlock,
      })) {
        const offset = (problem.block - firstOfFile) * control.blockBytes;
        if (await staysWrong(handle, offset, problem.block, control.blockBytes)) problems.push(problem);
      }
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

async function staysWrong(
  handle: fs.FileHandle,
  at: number,
  block: number,
  blockBytes: number,
): Promise<boolean> {
  const page = Buffer.alloc(blockBytes);
  for (let look = 0; look < looks; look++) {
    await sleep(lookMs);
    const { bytesRead } = await handle.read(page, 0, blockBytes, at);
    // A file that was cut off meanwhile has this page no more.
    if (bytesRead < blockBytes) return false;
    if (checkPages(page, { blockBytes, firstBlock: block }).length === 0) return false;
  }
  return true;
}

async function openIfThere(file: string): Promise<fs.FileHandle | undefined> {
  try {
    return await fs.open(file, 'r');
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function describe(file: string, { block, expected, found }: PageProblem): string {
  return `page ${block} of ${file} has the checksum ${found} and should have ${expected}`;
}
