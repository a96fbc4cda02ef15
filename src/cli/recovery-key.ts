/**
 * The recovery key: a password of 256 bits that a person can write down and type again. Crockford's base 32
 * (no I, L, O, U) in thirteen groups of four: `ABCD-EFGH-…`. It opens the vault for stock restic as well, as it
 * is printed.
 */
import { randomBytes } from '../platform/random.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const keyBytes = 32;
const bitsPerDigit = 5;
const digitsTotal = Math.ceil((keyBytes * 8) / bitsPerDigit);
const digitsPerGroup = 4;

export function newRecoveryKey(): string {
  return keyText(randomBytes(keyBytes));
}

/** `bytes` has 32. */
export function keyText(bytes: Uint8Array): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let digits = '';
  for (let position = 0; position < digitsTotal; position += 1) {
    digits = (alphabet[Number(rest & 31n)] ?? '') + digits;
    rest >>= 5n;
  }
  return grouped(digits);
}

/** A recovery key as it was printed, from what a person typed; `undefined` when the text cannot be one. */
export function asTypedKey(text: string): string | undefined {
  const digits = text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  if (digits.length !== digitsTotal || [...digits].some((digit) => !alphabet.includes(digit)))
    return undefined;
  return grouped(digits);
}

function grouped(digits: string): string {
  return (digits.match(new RegExp(`.{${digitsPerGroup}}`, 'g')) ?? []).join('-');
}
