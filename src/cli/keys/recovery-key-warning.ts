/** One line, until a person has shown that the recovery key works: said where backups are made and looked at. */

import type { RunRecord } from '../../evidence/record.ts';
import { type RecoveryKeyProof, recoveryKeyProof } from '../../evidence/recovery-key-proof.ts';
import { durationText } from '../../objective/duration-text.ts';
import type { Output } from '../output.ts';

export interface VaultKeyProof {
  /** Its name in the plan, or where it is. */
  readonly vault: string;
  readonly proof: RecoveryKeyProof;
}

export interface VaultRecordsKnown {
  readonly vault: string;
  readonly records: readonly RunRecord[];
}

/** `undefined` when the key of every vault of which anything is known was shown to work. */
export function recoveryKeyConcern(vaults: readonly VaultRecordsKnown[], nowMs: number): string | undefined {
  const proofs = vaults.map(({ vault, records }) => ({ vault, proof: recoveryKeyProof(records, nowMs) }));
  return recoveryKeyWarning(proofs, nowMs);
}

/** Once, for people and as a warning for machines. */
export function warnOfRecoveryKeys(
  output: Pick<Output, 'warn'>,
  vaults: readonly VaultRecordsKnown[],
  nowMs: number,
): void {
  const concern = recoveryKeyConcern(vaults, nowMs);
  if (concern !== undefined) output.warn(concern);
}

export function recoveryKeyWarning(vaults: readonly VaultKeyProof[], nowMs: number): string | undefined {
  const of = (kind: RecoveryKeyProof['kind']) => vaults.filter(({ proof }) => proof.kind === kind);
  const parts = [
    ...said(of('never'), (names) => `nobody has proved yet that the recovery key of ${names} works`),
    ...said(
      of('old'),
      (names) => `the recovery key of ${names} was last proved ${oldest(of('old'), nowMs)} ago`,
    ),
    ...said(
      of('no-key'),
      (names) => `${names} ${of('no-key').length === 1 ? 'has' : 'have'} no recovery key`,
    ),
  ];
  if (parts.length === 0) return undefined;
  const isTestable = of('never').length + of('old').length > 0;
  const next = isTestable ? 'lifeboat key test' : 'lifeboat key add --recovery-key-file FILE';
  return `${parts.join('; ')}. Nobody can repair a lost key. Run \`${next}\``;
}

function said(vaults: readonly VaultKeyProof[], words: (names: string) => string): readonly string[] {
  if (vaults.length === 0) return [];
  return [words(`the vault${vaults.length === 1 ? '' : 's'} ${vaults.map(({ vault }) => vault).join(', ')}`)];
}

function oldest(vaults: readonly VaultKeyProof[], nowMs: number): string {
  const times = vaults.flatMap(({ proof }) => (proof.kind === 'old' ? [proof.atMs] : []));
  return durationText(nowMs - Math.min(...times));
}
