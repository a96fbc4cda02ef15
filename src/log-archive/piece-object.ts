/**
 * The bytes of an object of a log: four bytes with the length of the sealed header, least first; the sealed header; the
 * sealed body. The header can be read by a range, without the body.
 */
import { defined } from '../error/assert.ts';
import { hasCode } from '../error/lifeboat-error.ts';
import { releaseMemory } from '../platform/release-memory.ts';
import { linkOf, sha256 } from './chain-link.ts';
import { damagedPiece } from './damaged-piece.ts';
import type { LogAccess } from './log-access.ts';
import { type LogPiece, pieceBytesMax } from './log-archive.ts';
import { decodeHeader, encodeHeader, type PieceHeader } from './piece-header.ts';
import { type ParsedKey, parseLogKey } from './piece-key.ts';

const lengthBytes = 4;
/** Holds the header of all but large segments, so that one request gives it. */
const headerGuessBytes = 4096;
/** No header is longer: a window of single bytes would need more, and is never cut so. */
const headerBytesMax = 64 * 1024 * 1024;

export interface OpenedObject {
  readonly header: PieceHeader;
  readonly body: Buffer;
}

export function encodeObject(
  { seal }: Pick<LogAccess, 'seal'>,
  key: string,
  header: PieceHeader,
  body: Uint8Array,
): Buffer {
  const name = nameOf(key);
  const sealedHeader = seal.seal(encodeHeader(name, header), 'quick');
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(sealedHeader.length);
  const sealedBody = seal.seal(body, name.form === 'chunk' ? 'quick' : 'usual');
  const object = Buffer.concat([length, sealedHeader, sealedBody]);
  releaseMemory(sealedBody);
  return object;
}

/** Reads the whole object and checks all that can be checked of it alone. Raises OBJECT_MISSING, OBJECT_DAMAGED. */
export async function readObject(
  access: LogAccess,
  key: string,
  signal?: AbortSignal,
): Promise<OpenedObject> {
  return openFetched(access, key, await access.store.get(key, undefined, signal));
}

/** As `openObject`, of memory that nobody needs afterwards. */
export function openFetched(access: Pick<LogAccess, 'seal'>, key: string, stored: Buffer): OpenedObject {
  const opened = openObject(access, key, stored);
  releaseMemory(stored);
  return opened;
}

/** @throws OBJECT_DAMAGED naming the object. */
export function openObject({ seal }: Pick<LogAccess, 'seal'>, key: string, stored: Buffer): OpenedObject {
  const name = nameOf(key);
  const bodyAt = lengthBytes + headerLength(key, stored);
  if (bodyAt > stored.length) throw damagedPiece(key, 'is cut off');
  const header = decodeHeader(name, openPart(seal, stored.subarray(lengthBytes, bodyAt), key));
  const body = openPart(seal, stored.subarray(bodyAt), key, bodyBytes(name));
  checkBody(name, header, body);
  return { header, body };
}

/** Raises OBJECT_MISSING, OBJECT_DAMAGED. `size`: bytes of the object, as a list gave them. */
export async function readHeader(
  { store, seal }: LogAccess,
  { key, size }: { readonly key: string; readonly size: number },
  signal?: AbortSignal,
): Promise<PieceHeader> {
  const first = await store.get(key, { offset: 0, length: Math.min(size, headerGuessBytes) }, signal);
  const end = lengthBytes + headerLength(key, first);
  if (end > size) throw damagedPiece(key, 'is cut off');
  const rest =
    end > first.length
      ? await store.get(key, { offset: first.length, length: end - first.length }, signal)
      : Buffer.alloc(0);
  const sealed = Buffer.concat([first.subarray(lengthBytes, end), rest]);
  return decodeHeader(nameOf(key), openPart(seal, sealed, key));
}

export function pieceOf(key: string, header: PieceHeader): LogPiece {
  const { branch, start, end, form } = nameOf(key);
  const { previous, link, marks, storedAtMs } = header;
  return {
    ...{ key, branch, start, end, previous, link, marks, storedAtMs },
    form: form === 'segment' ? form : 'chunk',
  };
}

/** The links of a piece at its cuts, computed from its bytes. */
export function linksOf(
  { branch, start }: { readonly branch: string; readonly start: bigint },
  { previous, cuts }: { readonly previous: string; readonly cuts: readonly bigint[] },
  bytes: Buffer,
): { readonly end: bigint; readonly link: string }[] {
  const links: { readonly end: bigint; readonly link: string }[] = [];
  let before = { end: start, link: previous };
  for (const end of cuts) {
    const digest = sha256(bytes.subarray(Number(before.end - start), Number(end - start)));
    const link = linkOf({ previous: before.link, branch, start: before.end, end, digest });
    before = { end, link };
    links.push(before);
  }
  return links;
}

function nameOf(key: string): ParsedKey {
  return defined(parseLogKey(key), `name of ${key}`);
}

function headerLength(key: string, stored: Buffer): number {
  const length = stored.length < lengthBytes ? 0 : stored.readUInt32LE();
  if (length === 0 || length > headerBytesMax)
    throw damagedPiece(key, 'does not begin as an object of a log');
  return length;
}

/** Histories and declared gaps have bodies of any length. */
function bodyBytes({ form, start, end }: ParsedKey): number | undefined {
  return form === 'chunk' || form === 'segment' ? Math.min(Number(end - start), pieceBytesMax) : undefined;
}

function openPart(seal: LogAccess['seal'], sealed: Buffer, key: string, bytesMax?: number): Buffer {
  try {
    return seal.open(sealed, key, bytesMax);
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED')) throw error;
    throw damagedPiece(key, 'does not pass its authentication', error);
  }
}

/** The seal binds header and body to the key of the vault, the digest binds them to each other, the name to both. */
function checkBody(name: ParsedKey, header: PieceHeader, body: Buffer): void {
  const { key, form, start, end, branch } = name;
  if (sha256(body) !== header.digest)
    throw damagedPiece(key, 'has a body that does not belong to its header');
  if (form === 'gap' || form === 'history') return;
  if (BigInt(body.length) !== end - start || body.length > pieceBytesMax)
    throw damagedPiece(key, `holds ${body.length} bytes where its name says ${end - start}`);
  if (form === 'chunk') {
    if (linkOf({ ...header, branch, start, end }) === header.link) return;
  } else {
    const { cuts } = header;
    const ascends = cuts.every((cut, i) => cut > (cuts[i - 1] ?? start)) && cuts.at(-1) === end;
    if (ascends && linksOf(name, header, body).at(-1)?.link === header.link) return;
  }
  throw damagedPiece(key, 'does not have the link that its bytes make');
}
