/** The two functions of sodium-native that Lifeboat calls; the package ships no types. */
declare module 'sodium-native' {
  /** Poly1305 of `input` under the 32-byte one-time `key`, written into the 16 bytes of `out`. */
  export function crypto_onetimeauth(out: Uint8Array, input: Uint8Array, key: Uint8Array): void;
  /** True when `tag` (16 bytes) is the Poly1305 of `input` under `key`; compares in constant time. */
  export function crypto_onetimeauth_verify(tag: Uint8Array, input: Uint8Array, key: Uint8Array): boolean;
}
