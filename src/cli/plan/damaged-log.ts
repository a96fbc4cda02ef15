/** Which bytes of the log of a system are known to be damaged in a vault, by the records: names of pieces do not tell. */
import type { RunRecord } from '../../evidence/record.ts';
import { positionOfHex } from '../../log-archive/piece-key.ts';
import type { UnbrokenPart } from '../../log-archive/unbroken.ts';

export interface DamagedLog {
  /** The vault's name in the plan. */
  readonly vault: string;
  readonly incarnation: string;
  readonly branch: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** Each record is in every vault that took it; one is enough. */
export function damagedLog(
  histories: readonly { readonly records: readonly RunRecord[] }[],
  system: string,
): readonly DamagedLog[] {
  return histories.flatMap(({ records }) =>
    records.flatMap((record) => {
      if (record.type !== 'log' || record.event !== 'finding' || record.system !== system) return [];
      const { of: vault, incarnation, branch, fromPosition, toPosition } = record;
      const start = positionOfHex(fromPosition);
      const end = positionOfHex(toPosition);
      if (vault === undefined || incarnation === undefined || branch === undefined) return [];
      return start === undefined || end === undefined ? [] : [{ vault, incarnation, branch, start, end }];
    }),
  );
}

/** Whether the way from a backup, which needs its branch from `from` on, to the newest byte leads through it. */
export function leadsThrough(
  damaged: DamagedLog,
  parts: readonly UnbrokenPart[],
  { branch, from }: { readonly branch: string; readonly from: bigint },
): boolean {
  const own = parts.findIndex((part) => part.branch === branch);
  const at = parts.findIndex((part) => part.branch === damaged.branch);
  const part = parts[at];
  if (part === undefined || at > own) return false;
  if (part.end !== undefined && damaged.start >= part.end) return false;
  return at < own || damaged.end > from;
}
