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
  const hints = new Map(findings.map((finding) => [finding.key, hintOf(finding, vault.location)]));
  const errors: CheckFinding[] = findings
    .filter(({ key }) => !known.has(key))
    .map((finding) => ({ object: finding.key, what: finding.what, hint: hintOf(finding, vault.location) }));
  // the repository knows nothing of second copies, and would have a person remove what can be put back
  const told = report.errors.map((error) => ({ ...error, hint: hints.get(error.object) ?? error.hint }));
  return { ...report, errors: [...told, ...errors] };
}

function hintOf({ key, canBeMended, mayBeRemoved }: SpareFinding, location: string): string {
  const id = key.slice('keys/'.length, 'keys/'.length + 10);
  if (canBeMended && mayBeRemoved)
    return `If another program removed the key, finish that with \`lifeboat key remove ${id} --vault ${location}\`. If it was lost, \`lifeboat repair heal --vault ${location} --lost-key ${id}\` puts it back.`;
  if (canBeMended)
    return `Run \`lifeboat repair heal --vault ${location}\`, which puts it back from its copy.`;
  if (key.startsWith('keys/'))
    return `No copy of it is left. While another key opens the vault, make a new one with \`lifeboat key add --vault ${location}\`, and take this one away with \`lifeboat key remove ${id} --vault ${location}\`.`;
  return 'There is no copy of it in this vault; bring the object back from another copy of the vault.';
}
