/**
 * Started by measure.ts for every command, so that what the kernel adds up for "all children" is that one.
 * The last line of standard error is the figures. Source: getrusage(2), RUSAGE_CHILDREN; `ru_maxrss` is in KiB
 * and is that of the largest process, though never less than this one had at the fork (some 60 MB).
 */
import { spawnSync } from 'node:child_process';
import { cFunction } from '../src/platform/posix/c-library.ts';

const children = -1;
/** struct rusage on 64-bit Linux: two timevals, then fourteen longs, of which ru_maxrss is the first. */
const rusageBytes = 144;
const getrusage = cFunction<[number, Buffer]>('getrusage', 'int', ['int', 'void *']);

const [file = '', ...args] = process.argv.slice(2);
const start = performance.now();
const { status, signal, error } = spawnSync(file, args, { stdio: 'inherit' });
const wallS = (performance.now() - start) / 1000;
if (error) console.error(error.message);
if (signal) console.error(`ended by ${signal}`);

const usage = Buffer.alloc(rusageBytes);
if (getrusage(children, usage) !== 0) throw new Error('getrusage failed');
const long = (at: number): number => Number(usage.readBigInt64LE(at));
const cpuS = long(0) + long(8) / 1e6 + long(16) + long(24) / 1e6;
console.error(JSON.stringify({ wallS, cpuS, peakMb: (long(32) * 1024) / 1e6 }));
process.exitCode = status ?? 1;
