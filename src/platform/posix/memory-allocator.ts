/**
 * glibc keeps freed blocks of up to 32 MiB for itself once it has seen such a block freed, and a program that
 * passes buffers of many megabytes between threads ends up with several times the memory it uses. A fixed
 * threshold makes it give large blocks back at once. Source: mallopt(3), M_MMAP_THRESHOLD.
 */
import { cFunction } from './c-library.ts';

const mmapThreshold = -3;
const arenasMax = -8;
const thresholdBytes = 128 * 1024;
const arenas = 2;

const mallopt = cFunction<[number, number]>('mallopt', 'int', ['int', 'int']);

/** Where the C library has no such call nothing happens: only memory is at stake. */
export function returnLargeBlocksAtOnce(): void {
  if (process.platform !== 'linux') return;
  mallopt(mmapThreshold, thresholdBytes);
  mallopt(arenasMax, arenas);
}
