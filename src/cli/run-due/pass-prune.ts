/** Which vaults are to be pruned, and the pruning. */
import type { RecordTrigger } from '../../evidence/record.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { deletionPauses } from '../../recovery-point/suspicion.ts';
import type { AppContext } from '../cli-context.ts';
import { newRun } from '../plan/new-run.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import { graceOf, pruneAndRecord, reportFields } from '../prune/prune-vault.ts';
import { bytesText, momentText } from '../quantity-text.ts';
import { pausesOf, reaches } from '../retention/plan-pauses.ts';
import { policiesOf } from '../retention/plan-policies.ts';
import type { Chore } from './chore.ts';
import { decidePrune, type PruneReason } from './owed-prune.ts';
import type { PassVoice } from './pass-voice.ts';

/** Those who hold the vault now are waited for a while; the next pass tries again. */
const waitMs = 5 * 60_000;

const reasons: Readonly<Record<PruneReason, string>> = {
  pending: 'the grace of what was marked is over',
  'given-up': 'points were given up since the last prune',
  regular: 'the last prune is a week old',
};

export interface PassPruneRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly voice: PassVoice;
  readonly trigger: RecordTrigger;
}

/** None where a vault cannot be read or believed, is only added to, or where something is suspicious: that is told elsewhere. */
export function owedPrunes(
  context: AppContext,
  request: PassPruneRequest,
  histories: readonly VaultHistory[],
): readonly Chore[] {
  const { session } = request;
  const pauses = pausesOf(session, histories);
  return session.plan.vaults.flatMap((vault) => {
    const history = histories.find((each) => each.vault === vault.name);
    if (history === undefined || history.trouble !== undefined || vault.declared.append_only === true)
      return [];
    if (pauses.some(({ system }) => reaches(session, history, system))) return [];
    const decision = decidePrune(history.records, givesUp(session, vault), context.nowMs());
    if (decision.kind === 'nothing') return [];
    const chore: Chore = {
      subject: `prune ${vault.name}`,
      kind: 'prune',
      vault: vault.name,
      systems: session.plan.systems
        .filter(({ vaults }) => vaults.includes(vault.name))
        .map(({ name }) => name),
      reason: reasons[decision.reason],
      owedSinceMs: decision.sinceMs,
      perform: (own) => prune(own, request, vault, history),
    };
    return [chore];
  });
}

/** Whether the plan gives up points of any system in the vault. */
export function givesUp({ plan }: PlanSession, vault: ResolvedVault): boolean {
  return plan.systems.some((system) => policiesOf(system, vault).length > 0);
}

async function prune(
  context: AppContext,
  { session, vaults, voice, trigger }: PassPruneRequest,
  { name, declared }: ResolvedVault,
  { records }: VaultHistory,
): Promise<undefined> {
  const run = newRun(context, session, trigger);
  // those of this plan were looked for when the work was chosen
  const pauses = deletionPauses(records);
  const report = await pruneAndRecord(context, {
    ...{ run, name, vault: await vaults.open(name), pauses },
    options: { graceMs: graceOf(declared), waitMs, nowMs: context.nowMs() },
  });
  const { reclaimed, pending, removableAtMs } = report;
  const when = removableAtMs === undefined ? '' : `, the next go at ${momentText(removableAtMs)}`;
  const left = pending.packs === 0 ? '' : `; ${bytesText(pending.bytes)} pending${when}`;
  const words = `pruned    ${name}: ${bytesText(Math.max(0, reclaimed.bytes))} removed${left}`;
  await voice.say('prune', { vault: name, ...reportFields(report) }, words);
}
