/** Holes of sparse files. Source: lseek(2), fallocate(2). */
import { constants } from 'node:os';
import { cFunction, lastErrno } from './c-library.ts';
import { succeeded, systemCallError } from './system-call-error.ts';

const seekData = 3;
const seekHole = 4;
const punchHoleKeepSize = 0x02 | 0x01;

const lseek = cFunction<[number, number, number]>('lseek', 'int64_t', ['int', 'int64_t', 'int']);
const fallocate = cFunction<[number, number, number, number]>('fallocate', 'int', [
  'int',
  'int',
  'int64_t',
  'int64_t',
]);

export interface DataRange {
  readonly startBytes: number;
  /** The first byte behind the range. */
  readonly endBytes: number;
}

/**
 * The parts of a file that hold data, in order; what lies between reads as zeros. File systems without holes
 * give one range. It moves the descriptor's own offset, so read at explicit positions.
 */
export function* dataRanges(fd: number): Generator<DataRange> {
  for (let offset = 0; ; ) {
    const startBytes = lseek(fd, offset, seekData);
    if (startBytes === -1) {
      const errno = lastErrno();
      if (errno === constants.errno.ENXIO) return;
      throw systemCallError('lseek', errno);
    }
    const endBytes = succeeded(lseek(fd, startBytes, seekHole), 'lseek');
    yield { startBytes, endBytes };
    offset = endBytes;
  }
}

/** Gives the range back to the file system; it reads as zeros then, and the size stays. Raises the system's error. */
export function punchHole(fd: number, offset: number, length: number): void {
  succeeded(fallocate(fd, punchHoleKeepSize, offset, length), 'fallocate');
}

/** Reserves room, so that a full disk shows now and not in the middle; the size stays. Raises ENOSPC, ENOTSUP, … */
export function reserveSpace(fd: number, offset: number, length: number): void {
  succeeded(fallocate(fd, 0x01, offset, length), 'fallocate');
}
