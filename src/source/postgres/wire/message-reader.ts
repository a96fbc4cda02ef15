/** Cuts the bytes of a server into messages: a letter, a length that counts itself, a body. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';

export interface Message {
  /** One letter. */
  readonly type: string;
  /** May share its memory with the messages around it; it stays as it is. */
  readonly body: Buffer;
}

export interface MessageReader {
  push(chunk: Buffer): void;
  /** `undefined` when the next message has not come as a whole. Raises SOURCE_INVALID for what cannot be a message. */
  next(): Message | undefined;
  /** Bytes that are held. */
  bytes(): number;
}

const headerBytes = 5;
const lengthBytes = 4;

/** A message longer than `bytesMax` is none. */
export function makeMessageReader(bytesMax: number): MessageReader {
  const chunks: Buffer[] = [];
  let held = 0;
  /** Bytes of the first chunk that are used up. */
  let used = 0;

  const take = (count: number): Buffer => {
    const first = chunks[0];
    if (first !== undefined && first.length - used >= count) {
      const piece = first.subarray(used, used + count);
      consume(count);
      return piece;
    }
    const joined = Buffer.allocUnsafe(count);
    for (let filled = 0; filled < count; ) {
      const chunk = chunks[0] ?? Buffer.alloc(0);
      const copied = chunk.copy(joined, filled, used, used + count - filled);
      filled += copied;
      consume(copied);
    }
    return joined;
  };
  const consume = (count: number): void => {
    held -= count;
    used += count;
    if (used < (chunks[0]?.length ?? 0)) return;
    chunks.shift();
    used = 0;
  };
  /** One byte ahead, without using it up. */
  const peek = (offset: number): number => {
    let at = used + offset;
    for (const chunk of chunks) {
      if (at < chunk.length) return chunk[at] ?? 0;
      at -= chunk.length;
    }
    return 0;
  };

  return {
    push: (chunk) => {
      if (chunk.length === 0) return;
      chunks.push(chunk);
      held += chunk.length;
    },
    next: () => {
      if (held < headerBytes) return undefined;
      const length = peek(1) * 2 ** 24 + peek(2) * 2 ** 16 + peek(3) * 2 ** 8 + peek(4);
      if (length < lengthBytes || length > bytesMax) throw notMessage(length);
      if (held < 1 + length) return undefined;
      const type = String.fromCharCode(peek(0));
      take(headerBytes);
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
