/** Bytes whose whole memory may be handed to another thread: copied only where they share it with others. */
export function ownMemory(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const alone = buffer instanceof ArrayBuffer && bytes.length === buffer.byteLength;
  return alone ? new Uint8Array(buffer) : new Uint8Array(bytes);
}
