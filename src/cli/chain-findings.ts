/** What a check says of the chains of records: one that lacks a link, or tells two stories, proves nothing. */
import { evidencePrefix } from '../evidence/chain.ts';
import type { CheckFinding, CheckReport } from '../repository/repository-types.ts';
import type { VaultRecords } from '../vault/vault.ts';

/** `word` names the vault in commands. */
export function withChainProblems(
  word: string,
  report: CheckReport,
  { problems }: VaultRecords,
): CheckReport {
  const told = new Set(report.errors.map(({ object }) => object));
  const broken = problems
    .filter(({ key }) => key === undefined || !told.has(key))
    .map(
      ({ key, writer, what }): CheckFinding => ({
        object: key ?? `${evidencePrefix}${writer}`,
        what: `the chain of records is broken: ${what}`,
        hint: `\`lifeboat repair heal --vault ${word}\` puts records back from their copies, and from a machine that has read them. Else find out who changed the vault.`,
      }),
    );
  return { ...report, errors: [...report.errors, ...broken] };
}
