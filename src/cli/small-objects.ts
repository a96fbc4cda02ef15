/** What a check says beside the repository itself: config, keys, records, plans and their second copies. */
import type { CheckFinding, CheckReport } from '../repository/repository-types.ts';
import type { Vault } from '../vault/vault.ts';

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
    .map(({ key, what, canBeMended }) => ({ object: key, what, hint: hintOf(key, canBeMended) }));
  return { ...report, errors: [...report.errors, ...errors] };
}

function hintOf(key: string, canBeMended: boolean): string {
  if (key.startsWith('keys/'))
    return 'Run `lifeboat repair heal` to put the key back. If it was removed with another program, remove it with `lifeboat key remove` afterwards.';
  if (canBeMended) return 'Run `lifeboat repair heal`, which puts it back from its copy.';
  return 'There is no copy of it in this vault; bring the object back from another copy of the vault.';
}
