/** Where a point stands in the log of its database. */
import type { Position } from '../source/position.ts';

export interface LogPlace {
  readonly incarnation: string;
  readonly branch: string;
  /** The log is needed from here on: a server reads whole segments. */
  readonly base: bigint;
  /** From here on the captured state is consistent. */
  readonly at: bigint;
  /** The log from `base` to `at` lies in the snapshot. */
  readonly hasLog: boolean;
}

/** `undefined` for points that no log can be replayed on. */
export function logPlaceOf(position: Position): LogPlace | undefined {
  if (position.kind !== 'postgres') return undefined;
  const start = positionOf(position.base);
  const at = positionOf(position.at);
  const { segmentBytes } = position;
  if (start === undefined || at === undefined || !Number.isSafeInteger(segmentBytes) || segmentBytes < 1)
    return undefined;
  const base = start - (start % BigInt(segmentBytes));
  const branch = position.timeline.toString(16).toUpperCase().padStart(8, '0');
  return { incarnation: position.systemId, branch, base, at, hasLog: position.hasLog };
}

/** As PostgreSQL writes it: two halves in hexadecimal digits. Source: PostgreSQL documentation, pg_lsn. */
function positionOf(text: string): bigint | undefined {
  const [, high, low] = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
