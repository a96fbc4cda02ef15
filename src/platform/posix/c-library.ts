/**
 * Calls into the C library that this Node already runs on. The foreign function interface is loaded at the
 * first call and not before, because loading it costs some ten milliseconds that `--version` must not pay.
 *
 * Only calls that differ in nothing between Linux on x64 and on arm64 are bound by name; where numbers
 * differ they stand in a table next to their use.
 */
import { createRequire } from 'node:module';
import { LifeboatError } from '../../error/lifeboat-error.ts';

type Koffi = typeof import('koffi');
export type CType = 'int' | 'long' | 'size_t' | 'uint' | 'uint32_t' | 'int64_t' | 'void *';
export type CValue = number | bigint | Buffer | null;

let loaded: { readonly koffi: Koffi; readonly library: ReturnType<Koffi['load']> } | undefined;

/**
 * A C function by name, found at its first call. The result is what C returned; nothing is checked here.
 * Raises PLATFORM_UNSUPPORTED where this is not Linux on x64 or arm64.
 */
export function cFunction<Arguments extends readonly CValue[]>(
  name: string,
  result: CType,
  argumentTypes: readonly CType[],
): (...values: Arguments) => number {
  let bound: ((...values: CValue[]) => number) | undefined;
  return (...values) => {
    bound ??= cLibrary().library.func(name, result, [...argumentTypes]);
    return bound(...values);
  };
}

/** The error number that the last call left. Ask at once: any other call may change it. */
export function lastErrno(): number {
  return cLibrary().koffi.errno();
}

/** Where a buffer lies in memory, to make sense of pointers that C returned into it. */
export function addressOf(buffer: Buffer): bigint {
  return cLibrary().koffi.address(buffer);
}

function cLibrary(): NonNullable<typeof loaded> {
  loaded ??= loadLibrary();
  return loaded;
}

function loadLibrary(): NonNullable<typeof loaded> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new LifeboatError(
      'PLATFORM_UNSUPPORTED',
      `system calls are not available on ${process.platform} ${process.arch}`,
      { hint: 'Run Lifeboat on Linux, on x64 or arm64.' },
    );
  }
  const koffi: Koffi = createRequire(import.meta.url)('koffi');
  // null: the process itself, so that it is the same C library (glibc or musl) that Node uses.
  return { koffi, library: koffi.load(null) };
}
