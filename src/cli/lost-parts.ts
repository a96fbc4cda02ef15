/** What a check says of keys and of the whole folder `lifeboat/` that are gone: nothing there tells that they were. */
import type { RunRecord } from '../evidence/record.ts';
import type { CheckFinding, CheckReport } from '../repository/repository-types.ts';
import type { Vault, VaultRecords } from '../vault/vault.ts';

/** `word` names the vault in commands. `isPlanned`: a plan says that it is a vault, so a plain repository is what is left of one. */
export async function withLostParts(
  vault: Vault,
  report: CheckReport,
  { records }: VaultRecords,
  {
    isPlanned,
    word,
    signal,
  }: { readonly isPlanned: boolean; readonly word: string; readonly signal: AbortSignal },
): Promise<CheckReport> {
  if (vault.file === undefined) return isPlanned ? plus(report, [lostFolder]) : report;
  const told = new Set(report.errors.map(({ object }) => object));
  return plus(report, await lostKeys(vault, word, records, told, signal));
}

/** Keys that are gone with their copies. `told`: of what is told already, because a copy is left. */
export async function lostKeys(
  vault: Vault,
  word: string,
  records: readonly RunRecord[],
  told: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly CheckFinding[]> {
  const there = new Set((await vault.repository.keys(signal)).map(({ id }) => id));
  const gone = recordedKeys(records).filter((id) => !there.has(id) && !told.has(`keys/${id}`));
  return gone.map((id) => lostKey(word, id));
}

function plus(report: CheckReport, more: readonly CheckFinding[]): CheckReport {
  return { ...report, errors: [...report.errors, ...more] };
}

/** Those that records say were added, and do not say were removed. */
export function recordedKeys(records: readonly RunRecord[]): readonly string[] {
  const keys = records.filter((record) => record.type === 'key');
  const idsOf = (wanted: 'add' | 'remove') =>
    keys.flatMap(({ action, keyId }) => (action === wanted ? [keyId] : []));
  const removed = new Set(idsOf('remove'));
  return [...new Set(idsOf('add'))].filter((id) => !removed.has(id));
}

function lostKey(word: string, id: string): CheckFinding {
  return {
    object: `keys/${id}`,
    what: 'is gone with its copy, and no record says that it was removed: what it opened the vault with opens it no more',
    hint: `If it was the recovery key, make a new one: \`lifeboat key add --recovery-key-file FILE --vault ${word}\`. \`lifeboat key remove ${id.slice(0, 10)} --vault ${word}\` records that it is gone.`,
  };
}

export const lostFolder: CheckFinding = {
  object: 'lifeboat/',
  what: 'is gone, or never was there: no records, no plans and no second copies, so that nothing is proven of any point',
  hint: 'Bring it back from a copy of this very vault (`lifeboat vault bring-back` where the store keeps versions). The points can be restored all the same: `lifeboat rescue`.',
};
