import { assert } from '../error/assert.ts';

/** S3 ends at 1,024 bytes with the prefix of the vault included; file systems end a name at 255. */
const keyBytesMax = 800;
const segmentBytesMax = 200;
const segmentPattern = /^[A-Za-z0-9._-]+$/;
/** What restic and Lifeboat append to a name while its file is being written. */
const unfinishedPattern = /-tmp-[0-9a-f]+$/;

/** Stops the run when `key` is not one: keys are made by Lifeboat, so a bad one is a fault of its own. */
export function assertKey(key: string): void {
  assert(isKey(key), `${JSON.stringify(key)} is an object key`);
}

/** A prefix is the beginning of a key: whole segments, then part of one or nothing. */
export function assertPrefix(prefix: string): void {
  assert(isKey(`${prefix}x`), `${JSON.stringify(prefix)} is the beginning of an object key`);
}

export function isKey(key: string): boolean {
  return key.length <= keyBytesMax && key.split('/').every(isSegment) && !isUnfinishedName(key);
}

/** Whether a name can be a part of a key between slashes. */
export function isSegment(name: string): boolean {
  return name.length <= segmentBytesMax && segmentPattern.test(name) && name !== '.' && name !== '..';
}

/** Whether a file of this name is a write that has not ended, or never will. */
export function isUnfinishedName(name: string): boolean {
  return unfinishedPattern.test(name);
}
