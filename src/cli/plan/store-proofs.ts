/** When the stores of the vaults were last proved, and which of them were not found fit. */
import type { Output } from '../output.ts';
import { lastStoreRecord, whatIsWrong } from '../run-due/owed-store-check.ts';
import type { VaultHistory } from './plan-history.ts';

/** One JSON object for each; a warning for each store whose last proof, by whatever machine, did not pass. */
export async function tellStores(output: Output, histories: readonly VaultHistory[]): Promise<void> {
  const proofs = histories.map(({ vault, records }) => ({ vault, last: lastStoreRecord(records) }));
  for (const { vault, last } of proofs) {
    if (last === undefined || last.verdict === 'pass') continue;
    output.warn(`vault ${vault}: ${whatIsWrong(last)}. Run \`lifeboat vault check --vault ${vault}\`.`);
  }
  if (output.json) {
    for (const { vault, last } of proofs) {
      const provedAt = last === undefined ? undefined : new Date(last.endMs).toISOString();
      await output.result({ type: 'store', vault, verdict: last?.verdict ?? 'unknown', proved_at: provedAt });
    }
  }
}
