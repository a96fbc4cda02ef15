/**
 * Gives the memory of a buffer back at once. Buffers live outside the engine's heap, and the engine collects
 * them by the size of the small objects that hold them: megabytes of used buffers pile up in every thread, up
 * to some 80 MB. The buffer is empty afterwards; a view of memory that others share (Node's pool) is left alone.
 */
export function releaseMemory(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && bytes.length === buffer.byteLength) buffer.transfer(0);
}
