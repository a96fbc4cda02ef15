/** Cuts the bytes of a server into messages: a letter, a length that counts itself, a body. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';

export interface Message {
  /** One letter. */
  readonly type: string;
  /** Good until the next message is asked for: then its memory may be filled anew. */
  readonly body: Buffer;
}

export interface MessageReader {
  /** `release` is called when nothing of the chunk is needed any more. */
  push(chunk: Buffer, release?: () => void): void;
  /** `undefined` when the next message has not come as a whole. Raises SOURCE_INVALID for what cannot be a message. */
  next(): Message | undefined;
  /** Bytes that are held. */
  bytes(): number;
}

interface Chunk {
  readonly bytes: Buffer;
  readonly release: (() => void) | undefined;
}

const headerBytes = 5;
const lengthBytes = 4;
/** Longer messages that came in parts are put together in memory of their own. */
const scratchBytesMax = 1024 * 1024;

/** A message longer than `bytesMax` is none. */
export function makeMessageReader(bytesMax: number): MessageReader {
  const chunks: Chunk[] = [];
  /** Of chunks that are used up; the message that was given last may lie in them. */
  let lapsed: (() => void)[] = [];
  let held = 0;
  /** Bytes of the first chunk that are used up. */
  let used = 0;
  /** Fresh memory for every message that came in parts made the engine collect garbage ten times a second. */
  let scratch = Buffer.alloc(0);

  const take = (count: number): Buffer => {
    const first = chunks[0]?.bytes;
    if (first !== undefined && first.length - used >= count) {
      const piece = first.subarray(used, used + count);
      consume(count);
      return piece;
    }
    const joined = memoryFor(count);
    for (let filled = 0; filled < count; ) {
      const chunk = chunks[0]?.bytes ?? Buffer.alloc(0);
      const copied = chunk.copy(joined, filled, used, used + count - filled);
      filled += copied;
      consume(copied);
    }
    return joined;
  };
  const memoryFor = (count: number): Buffer => {
    if (count > scratchBytesMax) return Buffer.allocUnsafeSlow(count);
    if (count > scratch.length) scratch = Buffer.allocUnsafeSlow(count);
    return scratch.subarray(0, count);
  };
  const skip = (count: number): void => {
    for (let left = count; left > 0; ) {
      const step = Math.min(left, (chunks[0]?.bytes.length ?? 0) - used);
      left -= step;
      consume(step);
    }
  };
  const consume = (count: number): void => {
    held -= count;
    used += count;
    if (used < (chunks[0]?.bytes.length ?? 0)) return;
    const over = chunks.shift();
    if (over?.release !== undefined) lapsed.push(over.release);
    used = 0;
  };
  const releaseLapsed = (): void => {
    if (lapsed.length === 0) return;
    for (const release of lapsed) release();
    lapsed = [];
  };
  /** One byte ahead, without using it up. */
  const peek = (offset: number): number => {
    let at = used + offset;
    for (const { bytes } of chunks) {
      if (at < bytes.length) return bytes[at] ?? 0;
      at -= bytes.length;
    }
    return 0;
  };

  return {
    push: (chunk, release) => {
      if (chunk.length === 0) return release?.();
      chunks.push({ bytes: chunk, release });
      held += chunk.length;
    },
    next: () => {
      releaseLapsed();
      if (held < headerBytes) return undefined;
      const length = peek(1) * 2 ** 24 + peek(2) * 2 ** 16 + peek(3) * 2 ** 8 + peek(4);
      if (length < lengthBytes || length > bytesMax) throw notMessage(length);
      if (held < 1 + length) return undefined;
      const type = String.fromCharCode(peek(0));
      skip(headerBytes);
      return { type, body: length === lengthBytes ? Buffer.alloc(0) : take(length - lengthBytes) };
    },
    bytes: () => held,
  };
}

function notMessage(length: number): LifeboatError {
  return new LifeboatError(
    'SOURCE_INVALID',
    `the server does not speak as PostgreSQL does: a message of ${length} bytes`,
    {
      hint: 'Check that host and port are those of PostgreSQL, and that nothing between changes what is sent.',
    },
  );
}
