/** Nothing is removed from a vault that is known to be damaged, until it is mended or a person lets it go on. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RunRecord } from '../../evidence/record.ts';
import { recordTimes } from '../../evidence/record-common.ts';
import { type RunContext, sharedFields } from '../../evidence/run-context.ts';
import { clearingFor } from '../../recovery-point/clearing.ts';
import { hasUnnamedDamage, knownDamage } from '../../recovery-point/known-damage.ts';
import { lostPoints } from '../../vault/lost-points.ts';
import type { Vault } from '../../vault/vault.ts';
import { momentText } from '../quantity-text.ts';
import { lossPause } from './loss-pause.ts';

/** DELETION_PAUSED, or `undefined`. `records` are those of the vault. */
export function damagePause(
  name: string,
  records: readonly RunRecord[],
  nowMs: number,
): LifeboatError | undefined {
  const [first] = knownDamage(records, nowMs);
  if (first === undefined) return unnamedPause(name, records, nowMs);
  const { recordId, foundBy, sinceMs } = first;
  const what = foundBy === 'check' ? 'a check' : 'a restore';
  return new LifeboatError(
    'DELETION_PAUSED',
    `nothing is removed from ${name}: ${what} found damage at ${momentText(sinceMs)}, and nothing shows that it is mended (record ${recordId})`,
    {
      hint:
        `Run \`lifeboat repair heal --vault ${name}\`, then \`lifeboat check --vault ${name} --read-data\`. To remove what ` +
        `nobody needs all the same, run \`lifeboat prune --vault ${name} --despite-damage --why TEXT\`.`,
      details: { record: recordId },
    },
  );
}

/** Whatever a person says: of a piece that lies in two packs nobody knows then which one is right. */
function unnamedPause(name: string, records: readonly RunRecord[], nowMs: number): LifeboatError | undefined {
  if (!hasUnnamedDamage(records, nowMs)) return undefined;
  return new LifeboatError(
    'DELETION_PAUSED',
    `nothing is removed from ${name}: more is damaged there than the record of the check could name`,
    {
      hint: `Run \`lifeboat repair heal --vault ${name}\`, or save what can be read with \`lifeboat repair packs --vault ${name}\`, then \`lifeboat check --vault ${name} --read-data\`.`,
    },
  );
}

/** Raises DELETION_PAUSED when even so nothing could be removed. Records that a person lets prunes go on; what is found later counts again. False when nothing was damaged or lost. */
export async function goOnDespiteDamage(
  run: RunContext,
  vault: Vault,
  reason: string,
  signal: AbortSignal,
): Promise<boolean> {
  const known = await vault.records(signal);
  const unnamed = unnamedPause(vault.location, known.records, run.nowMs());
  if (unnamed !== undefined) throw unnamed;
  const damage = knownDamage(known.records, run.nowMs());
  const lost = lossPause(vault.location, await lostPoints(vault, known, run.nowMs(), signal));
  if (damage.length === 0 && lost === undefined) return false;
  const { atMs, clears } = clearingFor(damage, run.nowMs());
  await vault.append({
    type: 'pause',
    ...sharedFields(run, vault.id),
    ...recordTimes(atMs, atMs),
    verdict: 'pass',
    action: 'clear',
    reason: run.redact(reason),
    ...(clears.length === 0 ? {} : { clears }),
  });
  return true;
}
