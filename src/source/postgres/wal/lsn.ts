/**
 * Positions in the write-ahead log. PostgreSQL counts its bytes in 64 bits and writes them as two hexadecimal halves:
 * `0/3000028`.
 */
const lsnMax = 2n ** 64n - 1n;

/** `undefined` for what is no LSN. */
export function parseLsn(text: string): bigint | undefined {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text);
  if (match === null) return undefined;
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`);
}

/** As the server writes it: upper case, no leading zeros. */
export function formatLsn(lsn: bigint): string {
  if (lsn < 0n || lsn > lsnMax) throw new RangeError(`no LSN: ${lsn}`);
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase();
}

export function earlierLsn(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function laterLsn(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
