/** What a check says beside the repository itself: config, keys, records, plans and their second copies. */
import type { CheckFinding, CheckReport } from '../repository/repository-types.ts';
import type { Vault } from '../vault/vault.ts';
import type { SpareFinding } from '../vault/vault-spares.ts';

/** `all`: records and plans are read as well. `word` names the vault in commands. A plain restic repository has none of them. */
export async function withSmallObjects(
  vault: Vault,
  report: CheckReport,
  { all, word, signal }: { readonly all: boolean; readonly word: string; readonly signal: AbortSignal },
): Promise<CheckReport> {
  const findings = (await vault.spares?.check(all, signal)) ?? [];
  const known = new Set(report.errors.map(({ object }) => object));
  const hints = new Map(findings.map((finding) => [finding.key, hintOf(finding, word)]));
  const errors: CheckFinding[] = findings
    .filter(({ key }) => !known.has(key))
    .map((finding) => ({ object: finding.key, what: finding.what, hint: hintOf(finding, word) }));
  // the repository knows nothing of second copies, and would have a person remove what can be put back
  const told = report.errors.map((error) => ({ ...error, hint: hints.get(error.object) ?? error.hint }));
  return { ...report, errors: [...told, ...errors] };
}

function hintOf({ key, canBeMended, mayBeRemoved }: SpareFinding, word: string): string {
  const id = key.slice('keys/'.length, 'keys/'.length + 10);
  if (canBeMended && mayBeRemoved)
    return `If another program removed the key, finish that with \`lifeboat key remove ${id} --vault ${word}\`. If it was lost, \`lifeboat repair heal --vault ${word} --lost-key ${id}\` puts it back.`;
  if (canBeMended) return `Run \`lifeboat repair heal --vault ${word}\`, which puts it back from its copy.`;
  if (key.startsWith('keys/'))
    return `No copy of it is left. While another key opens the vault, make a new one with \`lifeboat key add --vault ${word}\`, and take this one away with \`lifeboat key remove ${id} --vault ${word}\`.`;
  return 'There is no copy of it in this vault; bring the object back from another copy of the vault.';
}
