import type { KeyObject } from 'node:crypto';
import { assert } from '../error/assert.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { randomBytes } from '../platform/random.ts';
import { applyAesCtr, openAesKey } from './aes-ctr.ts';
import { openPoly1305Aes, type Poly1305Aes, tagFits, writeTag } from './poly1305-aes.ts';

/**
 * Restic's encryption construct (restic, internal/repository/crypto/crypto.go):
 * sealed = IV (16 random bytes) ‖ AES-256-CTR(plaintext) ‖ Poly1305-AES(ciphertext, nonce = IV).
 * Nothing binds the plaintext to a name or a type: that is done one layer up, by hashing it again.
 */
export interface SealKey {
  /** 32 bytes, AES-256. Like the other two never changed once used. */
  readonly encrypt: Buffer;
  /** 16 bytes, the AES-128 key that encrypts the nonce. */
  readonly macK: Buffer;
  /** 16 bytes, the multiplier of Poly1305. */
  readonly macR: Buffer;
}

const ivBytes = 16;
const tagBytes = 16;
/** How many bytes a sealed message is longer than its plaintext. */
export const sealOverheadBytes = ivBytes + tagBytes;

/**
 * Seals `plaintext` into `target` at `offset` and returns the bytes written: plaintext plus `sealOverheadBytes`.
 * The plaintext must not overlap the place it is sealed to.
 */
export function sealInto(key: SealKey, plaintext: Uint8Array, target: Uint8Array, offset: number): number {
  const sealedBytes = plaintext.length + sealOverheadBytes;
  assert(offset + sealedBytes <= target.length, 'a sealed message fits into its target');
  writeIv(target, offset);
  return sealAfterIv(key, plaintext, target, offset);
}

export function seal(key: SealKey, plaintext: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(plaintext.length + sealOverheadBytes);
  sealInto(key, plaintext, sealed, 0);
  return sealed;
}

/** Seals with the IV that already stands in `target` at `offset`. For `sealInto` and for test vectors. */
export function sealAfterIv(key: SealKey, plaintext: Uint8Array, target: Uint8Array, offset: number): number {
  const { aesKey, mac } = enginesOf(key);
  const start = offset + ivBytes;
  const end = start + plaintext.length;
  const iv = target.subarray(offset, start);
  applyAesCtr(aesKey, iv, plaintext, target, start);
  writeTag(mac, iv, target.subarray(start, end), target, end);
  return plaintext.length + sealOverheadBytes;
}

/**
 * The plaintext in a fresh buffer, to be copied, not transferred, to another thread: a small one comes from
 * Node's pool. `what` names the object for the error.
 * @throws OBJECT_DAMAGED when the message is too short or its tag does not fit.
 */
export function unseal(key: SealKey, sealed: Uint8Array, what: string): Buffer {
  const plaintext = Buffer.allocUnsafe(Math.max(0, sealed.length - sealOverheadBytes));
  unsealInto(key, sealed, plaintext, 0, what);
  return plaintext;
}

/** As `unseal`, into `target` at `offset`; returns the bytes of plaintext. Nothing is written when it raises. */
export function unsealInto(
  key: SealKey,
  sealed: Uint8Array,
  target: Uint8Array,
  offset: number,
  what: string,
): number {
  const plaintextBytes = sealed.length - sealOverheadBytes;
  if (plaintextBytes < 0) {
    throw damaged(what, `is ${sealed.length} bytes long, too short to be sealed`);
  }
  assert(offset + plaintextBytes <= target.length, 'an unsealed message fits into its target');
  if (!sealFits(key, sealed)) {
    throw damaged(what, 'does not pass its authentication');
  }
  const end = ivBytes + plaintextBytes;
  const iv = sealed.subarray(0, ivBytes);
  applyAesCtr(enginesOf(key).aesKey, iv, sealed.subarray(ivBytes, end), target, offset);
  return plaintextBytes;
}

/** Whether the message was sealed with this key and is whole. */
export function sealFits(key: SealKey, sealed: Uint8Array): boolean {
  const end = sealed.length - tagBytes;
  if (end < ivBytes) {
    return false;
  }
  const iv = sealed.subarray(0, ivBytes);
  return tagFits(enginesOf(key).mac, iv, sealed.subarray(ivBytes, end), sealed.subarray(end));
}

function damaged(what: string, how: string): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `${what} ${how}`, {
    hint: 'Run lifeboat check to see what else is damaged, and restore from another snapshot or vault meanwhile.',
  });
}

interface Engines {
  readonly aesKey: KeyObject;
  readonly mac: Poly1305Aes;
}

const engines = new WeakMap<SealKey, Engines>();

/** Made once for a key and a thread: making them costs more than sealing a small blob. */
function enginesOf(key: SealKey): Engines {
  const known = engines.get(key);
  if (known !== undefined) {
    return known;
  }
  const opened = { aesKey: openAesKey(key.encrypt), mac: openPoly1305Aes(key.macK, key.macR) };
  engines.set(key, opened);
  return opened;
}

function writeIv(target: Uint8Array, offset: number): void {
  do {
    target.set(randomBytes(ivBytes), offset);
  } while (isZero(target, offset));
}

/** Restic refuses an IV of zeros, the mark of a missing random source. */
function isZero(bytes: Uint8Array, offset: number): boolean {
  for (let i = offset; i < offset + ivBytes; i += 1) {
    if (bytes[i] !== 0) {
      return false;
    }
  }
  return true;
}
