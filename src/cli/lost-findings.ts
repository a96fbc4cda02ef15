/** What a check says of points that are gone although nobody gave them up. */
import { vaultPoints } from '../recovery-point/gone-points.ts';
import type { CheckFinding, CheckReport } from '../repository/repository-types.ts';
import { type LostPoints, lostPoints } from '../vault/lost-points.ts';
import type { Vault, VaultRecords } from '../vault/vault.ts';
import type { CliContext } from './cli-context.ts';

/** Whoever may delete can do so past the records, with any program: only the records tell. `word` names the vault in commands. */
export async function withLostPoints(
  { signal, nowMs }: CliContext,
  vault: Vault,
  word: string,
  report: CheckReport,
  known: VaultRecords,
): Promise<CheckReport> {
  const lost = await lostPoints(vault, known, nowMs(), signal);
  const { gone, grave } = lost;
  const systems = new Map(
    vaultPoints(vault.id, known).gone.map(({ snapshotId, system }) => [snapshotId, system]),
  );
  return {
    ...report,
    errors: [...report.errors, ...grave.map((id) => lostFinding(word, id, lost, systems.get(id)))],
    hints: [
      ...report.hints,
      ...gone.filter((id) => !grave.includes(id)).map((id) => lostFinding(word, id, lost)),
    ],
  };
}

function lostFinding(word: string, id: string, { held, legal }: LostPoints, bereft?: string): CheckFinding {
  const isHeld = held.includes(id);
  const heal = `\`lifeboat repair heal --vault ${word}\` brings it back from another vault`;
  const rest = `${id.slice(0, 8)} --vault ${word} --why TEXT\``;
  const flag = legal.includes(id) ? ' --legal-hold' : '';
  const release = isHeld ? `\`lifeboat unpin${flag} ${rest} releases it, and then ` : '';
  const accept = `if it was given up on purpose, ${release}\`lifeboat forget --point ${rest} records that`;
  const what = isHeld
    ? 'is gone, although its point is held and no record gave it up'
    : bereft === undefined
      ? 'is gone, and no record gave it up: another program deleted it'
      : `is gone, no record gave it up, and ${bereft} has nothing as good left here`;
  return { object: `snapshots/${id}`, what, hint: `${heal}; ${accept}. Do not prune before.` };
}
