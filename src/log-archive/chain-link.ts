import { createHash } from 'node:crypto';
import { positionHex } from './piece-key.ts';

/** The link before the first, and where the one before is not known. */
export const noLink = '0'.repeat(64);

export interface ChainedBytes {
  /** 64 hex digits. */
  readonly previous: string;
  readonly branch: string;
  readonly start: bigint;
  readonly end: bigint;
  /** SHA-256 of the bytes, 64 hex digits. */
  readonly digest: string;
}

/**
 * The link of a piece: SHA-256 over the text of its fields with a line feed after each, so that whoever holds one link
 * can tell whether anything before it was changed. 64 hex digits.
 */
export function linkOf({ previous, branch, start, end, digest }: ChainedBytes): string {
  const fields = [previous, branch, positionHex(start), positionHex(end), digest];
  return sha256(fields.map((field) => `${field}\n`).join(''));
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
