/** Sets times to the nanosecond, which Node cannot. Source: utimensat(2). */
import { cFunction } from './c-library.ts';
import { cName, cPath } from './c-path.ts';
import { succeeded } from './system-call-error.ts';

/** Nanoseconds since the epoch, which may lie before it; `undefined` leaves the time as it is. */
export interface FileTimes {
  readonly atimeNs: bigint | undefined;
  readonly mtimeNs: bigint | undefined;
}

const noFollow = 0x100;
const currentFolder = -100;
const leaveAsItIs = 0x3ffffffen;
const nsPerSecond = 1_000_000_000n;
/** Two timespec: seconds and nanoseconds of access, then of modification. */
const timespecs = Buffer.alloc(32);

const utimensat = cFunction<[number, Buffer, Buffer, number]>('utimensat', 'int', [
  'int',
  'void *',
  'void *',
  'int',
]);
const futimens = cFunction<[number, Buffer]>('futimens', 'int', ['int', 'void *']);

/** Of an entry of an open directory; of a link itself. Raises the system's error. */
export function setTimesAt(dirFd: number, name: Buffer, times: FileTimes): void {
  succeeded(utimensat(dirFd, cName(name), encodeTimes(times), noFollow), 'utimensat', name);
}

export function setTimesFd(fd: number, times: FileTimes): void {
  succeeded(futimens(fd, encodeTimes(times)), 'futimens');
}

export function setTimesPathNoFollow(path: Buffer, times: FileTimes): void {
  succeeded(utimensat(currentFolder, cPath(path), encodeTimes(times), noFollow), 'utimensat', path);
}

function encodeTimes(times: FileTimes): Buffer {
  encodeTime(times.atimeNs, 0);
  encodeTime(times.mtimeNs, 16);
  return timespecs;
}

/** Seconds are rounded down and nanoseconds never negative, also before the epoch. */
function encodeTime(timeNs: bigint | undefined, offset: number): void {
  const rest = timeNs === undefined ? leaveAsItIs : ((timeNs % nsPerSecond) + nsPerSecond) % nsPerSecond;
  const seconds = timeNs === undefined ? 0n : (timeNs - rest) / nsPerSecond;
  timespecs.writeBigInt64LE(seconds, offset);
  timespecs.writeBigInt64LE(rest, offset + 8);
}
