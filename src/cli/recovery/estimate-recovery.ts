/** How long a recovery will take, by the newest one that was measured. Pure. */
import type { RestoreRecord, VerifyRecord } from '../../evidence/record.ts';
import type { VaultHistory } from '../plan/plan-history.ts';

export type RecoveryEstimate =
  | { readonly kind: 'known'; readonly ms: number; readonly since: string }
  | { readonly kind: 'unknown' };

export interface RecoveryWork {
  readonly system: string;
  readonly bytes: number;
  readonly logBytes: number;
}

/** Replays below it say more of the start of a server than of its speed. */
const tellingBytes = 16 * 1024 * 1024;

export function estimateRecovery(
  histories: readonly Pick<VaultHistory, 'records'>[],
  { system, bytes, logBytes }: RecoveryWork,
): RecoveryEstimate {
  const measured = histories
    .flatMap(({ records }) => records)
    .filter((record) => record.type === 'restore' || record.type === 'verify')
    .filter((record) => record.system === system && record.verdict === 'pass' && record.bytes > 0)
    .toSorted((a, b) => b.endMs - a.endMs);
  const newest = measured.find(({ recovery }) => recovery !== undefined);
  if (newest?.recovery === undefined) return { kind: 'unknown' };
  const { layOutMs, replayMs, openMs, logBytes: replayed } = newest.recovery;
  const fetchMs = Math.max(0, newest.restoreMs - layOutMs - replayMs - openMs);
  const growth = replayed < tellingBytes ? Math.max(1, logBytes / tellingBytes) : logBytes / replayed;
  const ms = fetchMs * (bytes / newest.bytes) + layOutMs + replayMs * growth + openMs;
  return { kind: 'known', ms: Math.round(ms), since: sinceText(newest) };
}

function sinceText({ type }: RestoreRecord | VerifyRecord): string {
  return type === 'verify' ? 'proof' : 'restore';
}
