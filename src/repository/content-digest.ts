/**
 * One digest over all contents below a directory: names, types, sizes and bytes, but no owners, modes or
 * times. It is captured with the snapshot and computed again from restored files, so both ways of arriving
 * at it must agree.
 *
 * A directory's digest is the SHA-256 over its entries in the order of their names' bytes, each as
 * `type NUL length-of-name NUL name NUL size NUL content NUL`, where content is: for a file the SHA-256 over
 * the ids of its chunks (each the SHA-256 of the chunk), for a link its target, for a directory its digest,
 * else nothing. It proves bytes: two files with equal chunks in equal order are equal.
 */
import { createHash, hash } from 'node:crypto';
import type { EntryType } from '../source/entry-metadata.ts';

export interface DigestEntry {
  readonly name: Buffer;
  readonly type: EntryType | 'irregular';
  readonly size: number;
  /** Hex digest of the content; empty for entries without. */
  readonly content: string;
}

/** Entries in the order of the bytes of their names. Hex. */
export function directoryDigest(entries: readonly DigestEntry[]): string {
  const sha = createHash('sha256');
  for (const entry of entries) {
    sha.update(`${entry.type}\0${entry.name.length}\0`);
    sha.update(entry.name);
    sha.update(`\0${entry.size}\0${entry.content}\0`);
  }
  return sha.digest('hex');
}

/** `ids` are the chunks' SHA-256 in hex, in order. */
export function fileDigest(ids: readonly string[]): string {
  return hash('sha256', ids.join(''), 'hex');
}

export function linkDigest(target: Buffer): string {
  return hash('sha256', target, 'hex');
}
