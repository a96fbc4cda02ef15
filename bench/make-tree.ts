/** Files made where the machine has too few: text of repeated words and bytes that do not compress, from a fixed seed. */
import { createCipheriv, createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Tree, TreeLimits } from './choose-tree.ts';

const filesPerFolder = 100;
/** Of so many files one is large, and takes most of the bytes, as in real trees. */
const oneLargeIn = 50;
const sizeVariants = 7;

export function makeTree(folder: string, { files, bytes }: TreeLimits): Tree {
  const smallBytes = Math.max(Math.floor((bytes * 0.4) / files), 16);
  const largeBytes = Math.floor((bytes * 0.6 * oneLargeIn) / files);
  let written = 0;
  for (let number = 0; number < files; number++) {
    const below = path.join(folder, `folder-${Math.floor(number / filesPerFolder)}`);
    if (number % filesPerFolder === 0) fs.mkdirSync(below, { recursive: true });
    const mean = number % oneLargeIn === 0 ? largeBytes : smallBytes;
    const size = Math.max(1, Math.floor((mean * 2 * ((number % sizeVariants) + 1)) / (sizeVariants + 1)));
    fs.writeFileSync(path.join(below, `file-${number}`), content(number, size));
    written += size;
  }
  return { paths: [folder], files, bytes: written };
}

function content(number: number, size: number): Buffer {
  const random = randomBytes(number, size);
  if (number % 3 === 0) return random;
  const words = ['harbour', 'lantern', 'ledger', 'tide', 'rope', 'signal', 'watch', 'keel'];
  let text = '';
  for (let at = 0; text.length < size; at++) text += `${words[(random[at % size] ?? 0) % words.length]} `;
  return Buffer.from(text.slice(0, size));
}

function randomBytes(seed: number, size: number): Buffer {
  const key = createHash('sha256').update(`lifeboat bench ${seed}`).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}
