/**
 * Crockford's base 32 (no I, L, O, U), which people can write down and type again: in groups of four, `ABCD-EFGH-…`.
 * The number that the bytes are, big-endian, with zeros before it where the bits do not fill the first digit.
 */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const bitsPerDigit = 5;
const digitsPerGroup = 4;

export function base32Digits(byteCount: number): number {
  return Math.ceil((byteCount * 8) / bitsPerDigit);
}

export function toBase32(bytes: Uint8Array): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let digits = '';
  for (let position = 0; position < base32Digits(bytes.length); position += 1) {
    digits = (alphabet[Number(rest & 31n)] ?? '') + digits;
    rest >>= 5n;
  }
  return grouped(digits);
}

/** In whatever way a person typed it; `undefined` when the text cannot be so many bytes. */
export function fromBase32(text: string, byteCount: number): Buffer | undefined {
  const digits = asTypedDigits(text, byteCount);
  if (digits === undefined) return undefined;
  let number = 0n;
  for (const digit of digits) number = (number << 5n) | BigInt(alphabet.indexOf(digit));
  const hex = number.toString(16).padStart(byteCount * 2, '0');
  return hex.length > byteCount * 2 ? undefined : Buffer.from(hex, 'hex');
}

/** As it was printed; `undefined` when the text has another length or other characters. */
export function asPrinted(text: string, byteCount: number): string | undefined {
  const digits = asTypedDigits(text, byteCount);
  return digits === undefined ? undefined : grouped(digits);
}

function asTypedDigits(text: string, byteCount: number): string | undefined {
  // programs for texts make long dashes of short ones, and some keyboards type wide letters
  const letters = text
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s\p{Pd}]/gu, '');
  const digits = letters.replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  const isWhole = digits.length === base32Digits(byteCount);
  return isWhole && [...digits].every((digit) => alphabet.includes(digit)) ? digits : undefined;
}

function grouped(digits: string): string {
  return (digits.match(new RegExp(`.{1,${digitsPerGroup}}`, 'g')) ?? []).join('-');
}
