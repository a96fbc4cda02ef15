/** Which vaults are to be pruned, and the pruning. */
import type { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RecordTrigger } from '../../evidence/record.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { deletionPauses } from '../../recovery-point/suspicion.ts';
import type { AppContext } from '../cli-context.ts';
import { newRun } from '../plan/new-run.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import { damagePause } from '../prune/damage-pause.ts';
import { graceOf, pruneAndRecord, reportFields } from '../prune/prune-vault.ts';
import { bytesText, momentText, plural } from '../quantity-text.ts';
import { blindSpot } from '../retention/blind-spot.ts';
import { pausesOf, reaches } from '../retention/plan-pauses.ts';
import { policiesOf } from '../retention/plan-policies.ts';
import { trimLogs } from '../retention/trim-logs.ts';
import type { Chore } from './chore.ts';
import type { Finding } from './finding.ts';
import { decidePrune, type PruneDecision, type PruneReason } from './owed-prune.ts';
import type { PassVoice } from './pass-voice.ts';

/** Those who hold the vault now are waited for a while; the next pass tries again. */
const waitMs = 5 * 60_000;

const reasons: Readonly<Record<PruneReason, string>> = {
  pending: 'the grace of what was marked is over',
  'given-up': 'points were given up since the last prune',
  regular: 'the last prune is a week old',
};

export const pruneSubject = (vault: string): string => `prune ${vault}`;

export interface PassPruneRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly voice: PassVoice;
  readonly trigger: RecordTrigger;
}

export interface OwedPrunes {
  readonly chores: readonly Chore[];
  /** Vaults in which nothing is removed until a person has acted; told once each. Fine ones end what was told. */
  readonly findings: readonly Finding[];
}

/** None where a vault cannot be read or believed, is only added to, or where something is suspicious: that is told elsewhere. */
export function owedPrunes(
  context: AppContext,
  request: PassPruneRequest,
  histories: readonly VaultHistory[],
): OwedPrunes {
  const { session } = request;
  const nowMs = context.nowMs();
  const pauses = pausesOf(session, histories, nowMs);
  const open = session.plan.vaults.flatMap((vault) => {
    const history = histories.find((each) => each.vault === vault.name);
    if (history === undefined || history.trouble !== undefined || vault.declared.append_only === true)
      return [];
    if (pauses.some(({ system }) => reaches(session, history, system))) return [];
    const decision = decidePrune(history.records, givesUp(session, vault), nowMs);
    const paused = damagePause(vault.name, history.records, nowMs) ?? blindSpot(session, histories, history);
    return [{ vault, history, decision, paused }];
  });
  return {
    findings: open.flatMap(({ vault, decision, paused }) => [
      findingOf(session, vault, decision.kind === 'prune' || givesUp(session, vault) ? paused : undefined),
      ...(decision.kind === 'nothing' ? [notOwed(session, vault)] : []),
    ]),
    chores: open.flatMap(({ vault, history, decision, paused }) =>
      decision.kind === 'nothing' || paused !== undefined
        ? []
        : [choreOf(request, vault, { history, histories }, decision)],
    ),
  };
}

function findingOf(session: PlanSession, { name }: ResolvedVault, error: LifeboatError | undefined): Finding {
  const about = { subject: `deletion ${name}`, systems: systemsOf(session, name), vault: name };
  return error === undefined ? about : { ...about, isToldOnce: true, error };
}

/** Ends what was told of a prune that failed: somebody has made it since. */
function notOwed(session: PlanSession, { name }: ResolvedVault): Finding {
  return { subject: pruneSubject(name), systems: systemsOf(session, name), vault: name };
}

function choreOf(
  request: PassPruneRequest,
  vault: ResolvedVault,
  known: KnownVaults,
  { reason, sinceMs }: Extract<PruneDecision, { readonly kind: 'prune' }>,
): Chore {
  return {
    subject: pruneSubject(vault.name),
    kind: 'prune',
    vault: vault.name,
    systems: systemsOf(request.session, vault.name),
    reason: reasons[reason],
    owedSinceMs: sinceMs,
    perform: (own) => prune(own, request, vault, known),
  };
}

function systemsOf({ plan }: PlanSession, vault: string): readonly string[] {
  return plan.systems.filter(({ vaults }) => vaults.includes(vault)).map(({ name }) => name);
}

/** Whether the plan gives up points of any system in the vault. */
export function givesUp({ plan }: PlanSession, vault: ResolvedVault): boolean {
  return plan.systems.some((system) => policiesOf(system, vault).length > 0);
}

function keptLogs({ plan }: PlanSession): ReadonlyMap<string, number> {
  return new Map(
    plan.systems.flatMap(({ name, logs }) => (logs?.keep === undefined ? [] : [[name, logs.keep] as const])),
  );
}

interface KnownVaults {
  /** Of the vault that is pruned. */
  readonly history: VaultHistory;
  /** Of all of the plan. */
  readonly histories: readonly VaultHistory[];
}

async function prune(
  context: AppContext,
  { session, vaults, voice, trigger }: PassPruneRequest,
  { name, declared }: ResolvedVault,
  { history, histories }: KnownVaults,
): Promise<undefined> {
  const run = newRun(context, session, trigger);
  const vault = await vaults.open(name);
  // those of this plan were looked for when the work was chosen
  const pauses = deletionPauses(history.records, context.nowMs());
  const report = await pruneAndRecord(context, {
    ...{ run, name, vault, pauses },
    options: { graceMs: graceOf(declared), waitMs, nowMs: context.nowMs() },
  });
  const logBytes = await trimLogs(context, { run, vault, histories, keepMs: keptLogs(session) });
  const { reclaimed, pending, removableAtMs } = report;
  const when = removableAtMs === undefined ? '' : `, the next go at ${momentText(removableAtMs)}`;
  const left =
    pending.packs === 0
      ? ''
      : `; ${plural(pending.packs, 'pack')}, ${bytesText(pending.bytes)}, pending${when}`;
  const words = `pruned    ${name}: ${bytesText(Math.max(0, reclaimed.bytes))} removed${left}${logBytes === 0 ? '' : `; ${bytesText(logBytes)} of log`}`;
  const fields = { vault: name, ...reportFields(report), log_bytes: logBytes };
  await voice.say('prune', fields, words);
}
