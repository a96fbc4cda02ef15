/** Decides whether the store of a vault is to be proved now. Pure. */
import type { RunRecord } from '../../evidence/record.ts';
import type { StoreRecord } from '../../evidence/vault-records.ts';
import { clockSkewToleratedMs, type RunFailure } from './last-run.ts';

/** Once a day, with room for passes that come a little early. */
export const proveStoreAfterMs = 23 * 3_600_000;
/** What was not found good is tried again sooner. */
export const proveStoreAgainAfterMs = 3_600_000;

export type StoreCheckDecision =
  | { readonly kind: 'run'; readonly reason: 'never' | 'old' | 'retry' }
  | { readonly kind: 'wait'; readonly failure: RunFailure; readonly retryAtMs: number }
  | { readonly kind: 'proved'; readonly dueMs: number };

/** By this machine: another one has other credentials, another clock and another way to the store. */
export function decideStoreCheck(
  records: readonly RunRecord[],
  { host, nowMs }: { readonly host: string; readonly nowMs: number },
): StoreCheckDecision {
  const last = lastStoreRecord(
    records.filter((record) => record.host === host && record.endMs <= nowMs + clockSkewToleratedMs),
  );
  if (last === undefined) return { kind: 'run', reason: 'never' };
  if (last.verdict === 'pass') {
    const dueMs = last.endMs + proveStoreAfterMs;
    return nowMs < dueMs ? { kind: 'proved', dueMs } : { kind: 'run', reason: 'old' };
  }
  const retryAtMs = last.endMs + proveStoreAgainAfterMs;
  if (nowMs >= retryAtMs) return { kind: 'run', reason: 'retry' };
  return { kind: 'wait', failure: { code: 'STORE_UNFIT', message: whatIsWrong(last) }, retryAtMs };
}

export function lastStoreRecord(records: readonly RunRecord[]): StoreRecord | undefined {
  return records
    .filter((record): record is StoreRecord => record.type === 'store')
    .reduce<StoreRecord | undefined>(
      (last, record) => (last === undefined || record.endMs >= last.endMs ? record : last),
      undefined,
    );
}

/** The first probe that failed, else the first that stayed open. */
export function whatIsWrong({ probes }: Pick<StoreRecord, 'probes'>): string {
  const wrong =
    probes.find(({ verdict }) => verdict === 'fail') ??
    probes.find(({ verdict }) => verdict === 'inconclusive');
  if (wrong === undefined) return 'the store was not found fit';
  const what = wrong.verdict === 'fail' ? 'failed' : 'stayed open';
  return `the probe "${wrong.name}" of the store ${what}${wrong.message === undefined ? '' : `: ${wrong.message}`}`;
}
