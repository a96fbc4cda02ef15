import { type Cipheriv, createCipheriv } from 'node:crypto';
import { crypto_onetimeauth, crypto_onetimeauth_verify } from 'sodium-native';

/** Poly1305-AES (Bernstein 2005) under one key pair; `k` and `r` are 16 bytes each. */
export interface Poly1305Aes {
  readonly nonceCipher: Cipheriv;
  /** `r` ‖ AES-128(k, nonce); the second half is rewritten for every message. */
  readonly oneTimeKey: Buffer;
}

export function openPoly1305Aes(k: Uint8Array, r: Uint8Array): Poly1305Aes {
  const oneTimeKey = Buffer.alloc(32);
  oneTimeKey.set(r);
  // One cipher kept open: opening costs twenty times what a block costs, and ECB has no state between blocks.
  return { nonceCipher: createCipheriv('aes-128-ecb', k, null).setAutoPadding(false), oneTimeKey };
}

/** Writes the 16-byte tag of `message` into `target` at `offset`. libsodium clamps `r` itself. */
export function writeTag(
  mac: Poly1305Aes,
  nonce: Uint8Array,
  message: Uint8Array,
  target: Uint8Array,
  offset: number,
): void {
  mac.oneTimeKey.set(mac.nonceCipher.update(nonce), 16);
  crypto_onetimeauth(target.subarray(offset, offset + 16), message, mac.oneTimeKey);
}

/** Compares in constant time. */
export function tagFits(mac: Poly1305Aes, nonce: Uint8Array, message: Uint8Array, tag: Uint8Array): boolean {
  mac.oneTimeKey.set(mac.nonceCipher.update(nonce), 16);
  return crypto_onetimeauth_verify(tag, message, mac.oneTimeKey);
}
