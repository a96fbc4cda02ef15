import { ftruncateSync, writeSync } from 'node:fs';

/** A hole is worth making from this length on: the page size of every common file system. */
const holeBytes = 4096;
const zeros = Buffer.alloc(holeBytes);

/** Writes the bytes at an offset of the file, leaving runs of whole zero pages out; a hole reads as zeros. */
export function writeSparse(fd: number, bytes: Buffer, offset: number): void {
  let start = 0;
  while (start < bytes.length) {
    const end = endOfData(bytes, start);
    writeAll(fd, bytes.subarray(start, end), offset + start);
    start = endOfZeros(bytes, end);
  }
}

/** A file that ends in a hole has no byte written at its end. */
export function setSize(fd: number, size: number): void {
  ftruncateSync(fd, size);
}

export function writeAll(fd: number, bytes: Buffer, offset: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
  }
}

function endOfData(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && !isZeroPage(bytes, at)) at += holeBytes;
  return Math.min(at, bytes.length);
}

function endOfZeros(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && isZeroPage(bytes, at)) at += holeBytes;
  return at;
}

function isZeroPage(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0 && at + holeBytes <= bytes.length && zeros.compare(bytes, at, at + holeBytes) === 0;
}
