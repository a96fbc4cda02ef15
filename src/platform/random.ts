/** The only source of randomness: the system's, fetched many bytes at a time because each fetch costs a call. */
import { randomInt as cryptoRandomInt, randomFillSync, randomUUID } from 'node:crypto';

const poolBytes = 64 * 1024;
/** Larger wishes are filled directly. */
const pooledBytesMax = 1024;
const pool = Buffer.alloc(poolBytes);
let used = poolBytes;

/** Fresh, cryptographically random bytes that belong to the caller. */
export function randomBytes(count: number): Buffer {
  if (count > pooledBytesMax) return randomFillSync(Buffer.allocUnsafeSlow(count));
  if (used + count > poolBytes) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + count));
  // What was handed out may become a key, so no copy of it stays here.
  pool.fill(0, used, used + count);
  used += count;
  return bytes;
}

/** Twice as many characters as bytes. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

export function randomUuid(): string {
  return randomUUID();
}

/** A whole number from `min` up to but not including `end`, each equally likely. */
export function randomInt(min: number, end: number): number {
  return cryptoRandomInt(min, end);
}
