import { unseal } from '../../seal/seal.ts';
import { objectKey } from '../layout.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import {
  brokenHeader,
  decodeHeader,
  headerBytesMax,
  headerLengthBytes,
  type PackedBlob,
  sealOverheadBytes,
} from './pack-header.ts';

/** What a pack holds by its own header, in one or two ranged reads from the end. */
export async function readPackHeader(
  access: RepositoryAccess,
  packId: string,
  packBytes: number,
  signal?: AbortSignal,
): Promise<PackedBlob[]> {
  const key = objectKey('pack', packId);
  const guess = Math.min(packBytes, 15 * 41 + sealOverheadBytes + headerLengthBytes);
  const tail = await access.store.get(key, { offset: packBytes - guess, length: guess }, signal);
  const sealedBytes = sealedHeaderBytes(tail, packBytes, key);
  const sealed =
    sealedBytes + headerLengthBytes <= tail.length
      ? tail.subarray(tail.length - headerLengthBytes - sealedBytes, tail.length - headerLengthBytes)
      : await access.store.get(
          key,
          { offset: packBytes - headerLengthBytes - sealedBytes, length: sealedBytes },
          signal,
        );
  return decodeHeader(unseal(access.key, sealed, `header of ${key}`), key);
}

/** The same from a whole pack in memory. */
export function headerOfPack(
  access: Pick<RepositoryAccess, 'key'>,
  pack: Buffer,
  what: string,
): PackedBlob[] {
  const sealedBytes = sealedHeaderBytes(pack, pack.length, what);
  const end = pack.length - headerLengthBytes;
  return decodeHeader(unseal(access.key, pack.subarray(end - sealedBytes, end), `header of ${what}`), what);
}

function sealedHeaderBytes(tail: Buffer, packBytes: number, what: string): number {
  if (tail.length < headerLengthBytes + sealOverheadBytes) throw brokenHeader(what);
  const bytes = tail.readUInt32LE(tail.length - headerLengthBytes);
  if (bytes < sealOverheadBytes || bytes > headerBytesMax || bytes + headerLengthBytes > packBytes) {
    throw brokenHeader(what);
  }
  return bytes;
}
