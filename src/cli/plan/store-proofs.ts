/** When the stores of the vaults were last proved, and which of them were not found fit. */
import { durationText } from '../../objective/duration-text.ts';
import type { Output } from '../output.ts';
import { lastStoreRecord, whatIsWrong } from '../run-due/owed-store-check.ts';
import type { VaultHistory } from './plan-history.ts';

/** One line for all; a warning for each store whose last proof, by whatever machine, did not pass. */
export async function tellStores(
  output: Output,
  histories: readonly VaultHistory[],
  nowMs: number,
): Promise<void> {
  const proofs = histories.map(({ vault, records }) => ({ vault, last: lastStoreRecord(records) }));
  for (const { vault, last } of proofs) {
    if (last === undefined || last.verdict === 'pass') continue;
    output.warn(`vault ${vault}: ${whatIsWrong(last)}. Run \`lifeboat vault check\`.`);
  }
  if (output.json) {
    for (const { vault, last } of proofs) {
      const provedAt = last === undefined ? undefined : new Date(last.endMs).toISOString();
      await output.result({ type: 'store', vault, verdict: last?.verdict ?? 'unknown', proved_at: provedAt });
    }
    return;
  }
  const ages = proofs.map(({ vault, last }) => {
    if (last === undefined) return `${vault} never`;
    const age = `${durationText(Math.max(0, nowMs - last.endMs))} ago`;
    return `${vault} ${age}${last.verdict === 'pass' ? '' : ' (NOT FIT)'}`;
  });
  await output.text(`Stores proved: ${ages.join(', ')}.`);
}
