/**
 * Objects that hold one JSON document each: index, snapshot, lock. Stored as the seal of the byte 2 and a
 * zstd frame; repositories of version 1 hold the bare JSON. Named by the SHA-256 of the stored bytes.
 * Source: restic `internal/repository/repository.go`.
 */
import { hash } from 'node:crypto';
import { assert } from '../error/assert.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { type SealKey, seal, unseal } from '../seal/seal.ts';
import { compress, compressNames, decompress, unknownLengthBytesMax } from './compression.ts';
import { type ObjectKind, objectKey } from './layout.ts';

const compressedMarker = 2;
const openingBrace = 0x7b;
const openingBracket = 0x5b;

/** Everything needed to read and write the objects of one repository. */
export interface RepositoryAccess {
  readonly store: ObjectStore;
  readonly key: SealKey;
  readonly version: 1 | 2;
  /** Into which storage class packs of data go; see `put-pack.ts`. Absent: the usual one. */
  readonly dataPackClass?: string;
}

/** Writes the document and returns its id. */
export async function saveUnpacked(
  access: RepositoryAccess,
  kind: ObjectKind,
  json: Uint8Array,
  signal?: AbortSignal,
): Promise<string> {
  const sealed = encodeUnpacked(access, json, kind === 'index' ? compressNames : compress);
  assert(
    decodeUnpacked(access.key, sealed, `new ${kind}`).equals(json),
    `the new ${kind} reads back as written`,
  );
  const id = hash('sha256', sealed, 'hex');
  await access.store.put(objectKey(kind, id), sealed, signal);
  return id;
}

/** Raises OBJECT_MISSING, OBJECT_DAMAGED naming the object. */
export async function loadUnpacked(
  access: RepositoryAccess,
  kind: ObjectKind,
  id: string,
  signal?: AbortSignal,
): Promise<Buffer> {
  const key = objectKey(kind, id);
  const stored = await access.store.get(key, undefined, signal);
  if (hash('sha256', stored, 'hex') !== id) {
    throw new LifeboatError('OBJECT_DAMAGED', `${key} does not have the content that its name promises`, {
      hint: damageHint(kind),
      details: { object: key },
    });
  }
  return decodeUnpacked(access.key, stored, key);
}

export function encodeUnpacked(access: RepositoryAccess, json: Uint8Array, pack = compress): Buffer {
  if (access.version === 1) return seal(access.key, json);
  return seal(access.key, Buffer.concat([Buffer.of(compressedMarker), pack(json)]));
}

export function decodeUnpacked(key: SealKey, stored: Uint8Array, what: string): Buffer {
  const plaintext = unseal(key, stored, what);
  const first = plaintext[0];
  if (first === openingBrace || first === openingBracket) return plaintext;
  if (first === compressedMarker) return decompress(plaintext.subarray(1), unknownLengthBytesMax, what);
  throw new LifeboatError('OBJECT_DAMAGED', `${what} starts with an unknown byte`, {
    hint: 'The object was written by a newer program or is damaged; look at it with the newest restic or Lifeboat.',
    details: { object: what },
  });
}

export function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new LifeboatError('OBJECT_DAMAGED', `${what} is not valid JSON`, {
      hint: 'Run `lifeboat check` to see what else is damaged.',
      details: { object: what },
      cause,
    });
  }
}

function damageHint(kind: ObjectKind): string {
  if (kind === 'index') return '`lifeboat repair index` makes it anew from the packs.';
  if (kind === 'snapshot')
    return '`lifeboat repair heal` brings it back from another vault; where none has it, `lifeboat repair snapshots --forget` gives it up.';
  if (kind === 'lock')
    return "A lock that cannot be read may be anybody's: if no other program uses the vault, run `lifeboat unlock --all`.";
  return 'Run `lifeboat check` to see what else is damaged.';
}
