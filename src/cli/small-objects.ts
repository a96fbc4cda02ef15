/** What a check says beside the repository itself: config, keys, records, plans and their second copies. */
import type { CheckFinding, CheckReport } from '../repository/repository-types.ts';
import type { Vault } from '../vault/vault.ts';
import type { SpareFinding } from '../vault/vault-spares.ts';

/** `all`: records and plans are read as well. A plain restic repository has none of them. */
export async function withSmallObjects(
  vault: Vault,
  report: CheckReport,
  all: boolean,
  signal: AbortSignal,
): Promise<CheckReport> {
  const findings = (await vault.spares?.check(all, signal)) ?? [];
  const known = new Set(report.errors.map(({ object }) => object));
  const errors: CheckFinding[] = findings
    .filter(({ key }) => !known.has(key))
    .map((finding) => ({ object: finding.key, what: finding.what, hint: hintOf(finding) }));
  return { ...report, errors: [...report.errors, ...errors] };
}

function hintOf({ key, canBeMended, mayBeRemoved }: SpareFinding): string {
  const id = key.slice('keys/'.length, 'keys/'.length + 10);
  if (canBeMended && mayBeRemoved)
    return `If another program removed the key, finish that with \`lifeboat key remove ${id}\`. If it was lost, \`lifeboat repair heal --lost-key ${id}\` puts it back.`;
  if (canBeMended) return 'Run `lifeboat repair heal`, which puts it back from its copy.';
  return 'There is no copy of it in this vault; bring the object back from another copy of the vault.';
}
