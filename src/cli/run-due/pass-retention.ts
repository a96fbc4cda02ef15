/** Which vaults are to give points up by the retention of the plan, and what is refused. */
import { hasCode, type LifeboatError } from '../../error/lifeboat-error.ts';
import type { RecordTrigger } from '../../evidence/record.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import type { AppContext } from '../cli-context.ts';
import { newRun } from '../plan/new-run.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import { plural } from '../quantity-text.ts';
import { previewPlanRetention } from '../retention/preview-plan.ts';
import { type RetainedVault, retainVaults } from '../retention/retain-plan.ts';
import { goingIds, type VaultRetention } from '../retention/retention-preview.ts';
import type { Chore } from './chore.ts';
import type { Finding } from './finding.ts';
import type { PassVoice } from './pass-voice.ts';

export interface PassRetentionRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly systems: readonly ResolvedSystem[];
  readonly voice: PassVoice;
  readonly trigger: RecordTrigger;
}

export interface OwedRetention {
  readonly chores: readonly Chore[];
  /** What the plan's rules would do and nothing may do: told in each pass until it is mended. */
  readonly findings: readonly Finding[];
  /** Vaults in which another machine is to give points up. */
  readonly onlyAdded: readonly string[];
}

/** Known from records alone, without asking any store. */
export async function owedRetention(
  context: AppContext,
  request: PassRetentionRequest,
  histories: readonly VaultHistory[],
): Promise<OwedRetention> {
  const { session, vaults, systems } = request;
  const preview = await previewPlanRetention(context, {
    session,
    vaults,
    histories,
    systems,
    fromRecords: true,
  });
  return {
    chores: preview.vaults
      .filter(({ groups, refusal, newPauses }) =>
        refusal === undefined
          ? groups.some((group) => goingIds(group).length > 0)
          : isTold(newPauses, refusal),
      )
      .map((retention) => choreOf(context, request, histories, retention)),
    findings: preview.vaults.flatMap(refusedGroups),
    onlyAdded: preview.vaults
      .filter(({ refusal }) => refusal !== undefined && hasCode(refusal, 'STORE_APPEND_ONLY'))
      .map(({ vault }) => vault),
  };
}

/** A suspicion is written into the vault once, so that every machine that may delete knows. */
function isTold(newPauses: VaultRetention['newPauses'], refusal: LifeboatError): boolean {
  return newPauses.length > 0 && hasCode(refusal, 'DELETION_PAUSED');
}

/** Of vaults where nothing stands against all of it; fine findings end what was told before. */
function refusedGroups({ vault, groups, refusal }: VaultRetention): readonly Finding[] {
  if (refusal !== undefined) return [];
  return groups.map(({ title, refusal: error }) => ({
    subject: `retention ${title} ${vault}`,
    systems: [title],
    vault,
    ...(error === undefined ? {} : { error }),
  }));
}

function choreOf(
  context: AppContext,
  request: PassRetentionRequest,
  histories: readonly VaultHistory[],
  { vault, groups, refusal }: VaultRetention,
): Chore {
  const going = refusal === undefined ? groups.reduce((sum, group) => sum + goingIds(group).length, 0) : 0;
  return {
    subject: `retention ${vault}`,
    kind: 'retention',
    vault,
    systems: groups.filter((group) => goingIds(group).length > 0).map(({ title }) => title),
    reason: going === 0 ? 'a suspicion is noted' : `${plural(going, 'point')} no longer kept by the plan`,
    owedSinceMs: context.nowMs(),
    perform: (own) => retain(own, request, histories, vault),
  };
}

/** Looked at again with what the vault has now, and carried out. Refusals of groups were told already. */
async function retain(
  context: AppContext,
  { session, vaults, systems, voice, trigger }: PassRetentionRequest,
  histories: readonly VaultHistory[],
  vault: string,
): Promise<LifeboatError | undefined> {
  const preview = await previewPlanRetention(context, { session, vaults, histories, systems, vault });
  const run = newRun(context, session, trigger);
  const open = (name: string) => vaults.open(name);
  const done = await retainVaults(context, { run, preview, reason: 'retention of the plan', open });
  for (const each of done) await tell(voice, each);
  const told = new Set(['RETENTION_REFUSED', 'DELETION_PAUSED', 'STORE_APPEND_ONLY']);
  return done.flatMap(({ errors }) => errors).find(({ code }) => !told.has(code));
}

async function tell(voice: PassVoice, { vault, applied }: RetainedVault): Promise<void> {
  for (const [system, ids] of applied?.forgotten ?? []) {
    if (ids.length === 0) continue;
    const words = `given up  ${plural(ids.length, 'point')} of ${system} in ${vault}`;
    await voice.say('forgotten', { vault, system, ids }, words);
  }
}
