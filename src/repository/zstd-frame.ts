/**
 * How a zstd frame is put together, as far as its length tells whether it is whole. Source: RFC 8878, 3.1.1.
 */

const magic = 0xfd2fb528;
const blockHeaderBytes = 3;
const checksumBytes = 4;
const rleBlock = 1;
const reservedBlock = 3;

/**
 * Bytes of the content, where `bytes` are one frame from its magic number to the end of its last block or checksum and
 * the frame says how much it holds; `undefined` for everything else. What lies in the blocks is not looked at.
 */
export function contentBytesOf(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 6 || view.getUint32(0, true) !== magic) return undefined;
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const content = contentSize(view, sizeAt, sizeBytes);
  const end = endOfBlocks(view, sizeAt + sizeBytes);
  const hasChecksum = (descriptor & 4) !== 0;
  return end !== undefined && end + (hasChecksum ? checksumBytes : 0) === bytes.length ? content : undefined;
}

function contentSize(view: DataView, at: number, bytes: number): number | undefined {
  if (at + bytes > view.byteLength) return undefined;
  switch (bytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    case 8:
      return Number(view.getBigUint64(at, true));
    default:
      return undefined;
  }
}

/** Behind the last block, where it lies within the bytes. */
function endOfBlocks(view: DataView, first: number): number | undefined {
  for (let at = first; at + blockHeaderBytes <= view.byteLength; ) {
    const header = view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000;
    const type = (header >> 1) & 3;
    if (type === reservedBlock) return undefined;
    at += blockHeaderBytes + (type === rleBlock ? 1 : header >> 3);
    if ((header & 1) !== 0) return at <= view.byteLength ? at : undefined;
  }
  return undefined;
}
