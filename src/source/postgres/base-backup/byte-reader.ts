/** Takes bytes from pieces that come as they please, each good until the next is asked for; so is what it gives. */
export interface ByteReader {
  /** At least one byte and at most `count`, without copying; `undefined` at the end. */
  some(count: number): Promise<Buffer | undefined>;
  /** Exactly so many; fewer only at the end. */
  exactly(count: number): Promise<Buffer>;
}

export function byteReader(pieces: AsyncIterable<Buffer>): ByteReader {
  const iterator = pieces[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const some = async (count: number): Promise<Buffer | undefined> => {
    while (held.length === 0) {
      const next = await iterator.next();
      if (next.done === true) return undefined;
      held = next.value;
    }
    const piece = held.subarray(0, count);
    held = held.subarray(piece.length);
    return piece;
  };
  return {
    some,
    async exactly(count) {
      const first = await some(count);
      if (first === undefined || first.length === count) return first ?? Buffer.alloc(0);
      const parts = [Buffer.from(first)];
      for (let bytes = first.length; bytes < count; ) {
        const part = await some(count - bytes);
        if (part === undefined) break;
        parts.push(Buffer.from(part));
        bytes += part.length;
      }
      return Buffer.concat(parts);
    },
  };
}
