/**
 * zstd with one context for many calls. Node's one-shot functions make a context and an output buffer for every
 * call, which for small files costs as much as the work itself. Node keeps the context of its stream objects in
 * a handle that has a synchronous call; that handle is no documented interface, so whoever uses this must be
 * able to do without: where the handle is not as we know it, or fails a test at the start, there is none.
 */
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { contentBytesOf } from './zstd-frame.ts';

export interface ZstdContext {
  /**
   * Runs one whole frame from `input` into `output`; the bytes written, or `undefined` when the input is no
   * single whole frame or the output is too small. After `undefined` the context must not be used again.
   */
  run(input: Uint8Array, output: Uint8Array): number | undefined;
}

interface Handle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputBytes: number,
    output: Uint8Array,
    outputAt: number,
    outputBytes: number,
  ): void;
  reset(): void;
  onerror: (message: string) => void;
}

export function openCompressContext(level: number): ZstdContext | undefined {
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } });
  // with room left, all of the frame is out
  const context = contextOf(stream, (_plaintext, frameBytes, room) => frameBytes < room);
  return context && compresses(context) ? context : undefined;
}

export function openDecompressContext(): ZstdContext | undefined {
  const context = contextOf(createZstdDecompress(), (frame, bytes) => contentBytesOf(frame) === bytes);
  return context && decompresses(context) ? context : undefined;
}

/**
 * `isAtEnd` says of a run without a fault whether it surely came to the end of its frame, given what went in, how much
 * came out and how much could have: then the next frame may begin in the same context. Otherwise the handle is reset,
 * for which Node makes a new context: that takes as long as a small blob, and hundreds of KB of fresh memory each time,
 * and it knows nothing of the level that was asked for any more.
 */
function contextOf(
  stream: object,
  isAtEnd: (input: Uint8Array, outputBytes: number, room: number) => boolean,
): ZstdContext | undefined {
  const handle: unknown = Reflect.get(stream, '_handle');
  const state: unknown = Reflect.get(stream, '_writeState');
  if (!isHandle(handle) || !(state instanceof Uint32Array) || state.length !== 2) return undefined;
  let failed = false;
  let isFresh = true;
  handle.onerror = () => {
    failed = true;
  };
  return {
    run(input, output) {
      failed = false;
      if (!isFresh) handle.reset();
      isFresh = false;
      handle.writeSync(constants.ZSTD_e_end, input, 0, input.length, output, 0, output.length);
      const [outputLeft = 0, inputLeft = 0] = state;
      if (failed || inputLeft > 0) return undefined;
      const outputBytes = output.length - outputLeft;
      isFresh = isAtEnd(input, outputBytes, output.length);
      return outputBytes;
    },
  };
}

function isHandle(value: unknown): value is Handle {
  if (typeof value !== 'object' || value === null) return false;
  return (
    typeof Reflect.get(value, 'writeSync') === 'function' && typeof Reflect.get(value, 'reset') === 'function'
  );
}

/** A frame of sixteen bytes without compression, as written down in RFC 8878. */
const sample = Buffer.from('disaster at 3 am');
const sampleFrame = Buffer.concat([Buffer.from('28b52ffd2010810000', 'hex'), sample]);

function compresses(context: ZstdContext): boolean {
  const output = Buffer.alloc(64);
  return (
    context.run(sample, output) === sampleFrame.length &&
    output.subarray(0, sampleFrame.length).equals(sampleFrame)
  );
}

function decompresses(context: ZstdContext): boolean {
  const output = Buffer.alloc(sample.length);
  return context.run(sampleFrame, output) === sample.length && output.equals(sample);
}
