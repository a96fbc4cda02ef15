/**
 * The recovery key: a password of 256 bits that a person can write down and type again, thirteen groups of four:
 * `ABCD-EFGH-…`. It opens the vault for stock restic as well, as it is printed.
 */
import { randomBytes } from '../platform/random.ts';
import { asPrinted, fromBase32, toBase32 } from '../seal/base32.ts';

const keyBytes = 32;
export const recoveryKeyBits = keyBytes * 8;

export function newRecoveryKey(): string {
  return keyText(randomBytes(keyBytes));
}

/** `bytes` has 32. */
export function keyText(bytes: Uint8Array): string {
  return toBase32(bytes);
}

/** A recovery key as it was printed, from what a person typed; `undefined` when the text cannot be one. */
export function asTypedKey(text: string): string | undefined {
  return asPrinted(text, keyBytes);
}

/** The 32 bytes behind a recovery key; `undefined` when the text is none. */
export function bytesOfKey(text: string): Buffer | undefined {
  return fromBase32(text, keyBytes);
}
