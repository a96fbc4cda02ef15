/**
 * Hints to the kernel about how a file will be read. A hint that is refused costs speed, never correctness,
 * so the result is not looked at. Source: posix_fadvise(2).
 */
import { cFunction } from './c-library.ts';

const sequential = 2;
const dontNeed = 4;

const fadvise = cFunction<[number, number, number, number]>('posix_fadvise', 'int', [
  'int',
  'int64_t',
  'int64_t',
  'int',
]);

/** The whole file will be read once, in order. */
export function adviseSequential(fd: number): void {
  if (process.platform === 'linux') fadvise(fd, 0, 0, sequential);
}

/** These bytes will not be needed again; a length of 0 means to the end. */
export function adviseDontNeed(fd: number, offset = 0, length = 0): void {
  if (process.platform === 'linux') fadvise(fd, offset, length, dontNeed);
}
