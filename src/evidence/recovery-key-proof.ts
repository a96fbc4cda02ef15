/**
 * Whether somebody has shown that the recovery key of a vault works, from its records alone. A lost key is the one
 * disaster that nobody can repair, and a sheet of paper that was never tried may be a wrong one.
 */
import type { RunRecord } from './record.ts';

export type RecoveryKeyProof =
  /** Nothing is known of the vault: no record was read. */
  | { readonly kind: 'unknown' }
  /** The history is whole and has no recovery key that is still there. */
  | { readonly kind: 'no-key' }
  | { readonly kind: 'never' }
  | { readonly kind: 'old'; readonly atMs: number }
  | { readonly kind: 'proven'; readonly atMs: number };

const recoveryKeyProofMaxMs = 180 * 24 * 60 * 60 * 1000;
/** How far the clock of another machine may be ahead. */
const aheadMaxMs = 24 * 60 * 60 * 1000;

export function recoveryKeyProof(records: readonly RunRecord[], nowMs: number): RecoveryKeyProof {
  const inOrder = records.toSorted((a, b) => a.endMs - b.endMs);
  if (inOrder.length === 0) return { kind: 'unknown' };
  const history = keyHistory(inOrder, nowMs);
  const provenAtMs = Math.max(...history.testedAtMs.values());
  if (!Number.isFinite(provenAtMs)) {
    const isWhole = inOrder.some(({ type }) => type === 'init');
    return isWhole && history.maybeRecovery.size === 0 ? { kind: 'no-key' } : { kind: 'never' };
  }
  const kind = nowMs - provenAtMs > recoveryKeyProofMaxMs ? 'old' : 'proven';
  return { kind, atMs: provenAtMs };
}

interface KeyHistory {
  /** Keys that were made as recovery keys, or by versions that did not say what for. */
  readonly maybeRecovery: Set<string>;
  /** When a recovery key that is still there was last tried with success. */
  readonly testedAtMs: Map<string, number>;
}

function keyHistory(inOrder: readonly RunRecord[], nowMs: number): KeyHistory {
  const history: KeyHistory = { maybeRecovery: new Set(), testedAtMs: new Map() };
  for (const record of inOrder) {
    if (record.type === 'key' && record.action === 'remove') {
      history.maybeRecovery.delete(record.keyId);
      history.testedAtMs.delete(record.keyId);
    } else if (record.type === 'key' && record.purpose !== 'password') {
      history.maybeRecovery.add(record.keyId);
    } else if (record.type === 'key-test' && record.isRecoveryKey && record.verdict === 'pass') {
      if (record.endMs <= nowMs + aheadMaxMs) history.testedAtMs.set(record.keyId, record.endMs);
    }
  }
  return history;
}

/** What the records know about each key that is there: what for, and when it was last tried. */
export interface KnownKey {
  readonly isRecoveryKey: boolean | undefined;
  readonly testedAtMs: number | undefined;
}

export function knownKeys(records: readonly RunRecord[]): ReadonlyMap<string, KnownKey> {
  const known = new Map<string, KnownKey>();
  for (const record of records.toSorted((a, b) => a.endMs - b.endMs)) {
    if (record.type !== 'key' && record.type !== 'key-test') continue;
    const before = known.get(record.keyId);
    known.set(record.keyId, {
      isRecoveryKey: purposeIn(record) ?? before?.isRecoveryKey,
      testedAtMs: testIn(record) ?? before?.testedAtMs,
    });
  }
  return known;
}

type KeyOrTest = Extract<RunRecord, { type: 'key' | 'key-test' }>;

function purposeIn(record: KeyOrTest): boolean | undefined {
  if (record.type === 'key-test') return record.isRecoveryKey;
  return record.purpose === undefined ? undefined : record.purpose === 'recovery';
}

function testIn(record: KeyOrTest): number | undefined {
  return record.type === 'key-test' && record.verdict === 'pass' ? record.endMs : undefined;
}
