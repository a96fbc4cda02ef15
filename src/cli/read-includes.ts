/** Reads the files that a plan includes. What cannot be read is told by the plan's findings, at the line that names it. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { posix, resolve } from 'node:path';
import { systemErrorName } from '../error/lifeboat-error.ts';
import {
  type IncludedText,
  type IncludedTexts,
  type IncludeProblem,
  includedFilesMax,
} from '../plan/compose/included-text.ts';
import { planBytesMax } from '../plan/read-yaml.ts';

/** `fileName` is the main file as it was named, `folder` what it counts from. Includes of includes come as well. */
export async function readIncludes(text: string, fileName: string, folder: string): Promise<IncludedTexts> {
  const { includesOf } = await import('../plan/compose/includes-of.ts');
  const files = new Map<string, IncludedText>();
  const main = posix.normalize(fileName);
  const names = [...includesOf(text, fileName)];
  let bytesLeft = planBytesMax - Buffer.byteLength(text);
  // grows while it is walked
  for (const name of names) {
    if (name === main || files.has(name)) continue;
    if (files.size >= includedFilesMax) break;
    const content = await readIncluded(resolve(folder, name), bytesLeft);
    files.set(name, content);
    if (typeof content !== 'string') continue;
    bytesLeft -= Buffer.byteLength(content);
    names.push(...includesOf(content, name));
  }
  return files;
}

async function readIncluded(path: string, bytesMax: number): Promise<IncludedText> {
  try {
    // a pipe that nobody writes to would wait for ever
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) return { problem: 'not-a-file' };
    const bytes = await readAtMost(file, bytesMax + 1);
    if (bytes.length > bytesMax) return { problem: 'too-large' };
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return { problem: 'not-utf8' };
    return { problem: problemOf(systemErrorName(error)) };
  }
}

/** The size in the stat data may be wrong by the time it is read. */
async function readAtMost(file: FileHandle, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < bytesMax) {
    const buffer = Buffer.allocUnsafe(Math.min(64 * 1024, bytesMax - length));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
  }
  return Buffer.concat(chunks, length);
}

function problemOf(errno: string | undefined): IncludeProblem {
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return 'missing';
  return errno === 'EISDIR' ? 'not-a-file' : 'unreadable';
}
