/** Cuts the bytes of a server into messages: a letter, a length that counts itself, a body. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { makeChunkQueue } from './chunk-queue.ts';

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

const headerBytes = 5;
const lengthBytes = 4;

/** A message longer than `bytesMax` is none. */
export function makeMessageReader(bytesMax: number): MessageReader {
  const queue = makeChunkQueue();
  return {
    push: queue.push,
    next: () => {
      queue.releaseUsed();
      if (queue.bytes < headerBytes) return undefined;
      const [a, b, c, d] = [queue.peek(1), queue.peek(2), queue.peek(3), queue.peek(4)];
      const length = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
      if (length < lengthBytes || length > bytesMax) throw notMessage(length);
      if (queue.bytes < 1 + length) return undefined;
      const type = String.fromCharCode(queue.peek(0));
      queue.skip(headerBytes);
      return { type, body: length === lengthBytes ? Buffer.alloc(0) : queue.take(length - lengthBytes) };
    },
    bytes: () => queue.bytes,
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
