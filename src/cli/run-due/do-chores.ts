/** Does what vaults are owed, one chore after the other, each within the time until the next backup is due. */
import type { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import type { AppContext } from '../cli-context.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import { knownError } from '../report-error.ts';
import { type Chore, decideChore, isOnlyPostponed } from './chore.ts';
import { type Finding, failureError } from './finding.ts';
import type { PassVoice } from './pass-voice.ts';
import { rememberAttempts } from './remember-attempts.ts';
import { loadMemory } from './run-memory.ts';
import { choreBudgetMs, withinBudget } from './time-budget.ts';

export interface ChoresRequest {
  readonly session: PlanSession;
  /** Those whose backups the work must not keep waiting. */
  readonly systems: readonly ResolvedSystem[];
  readonly voice: PassVoice;
  readonly dryRun?: boolean;
}

export interface ChoresDone {
  /** One for each chore: fine, or why it was not done. */
  readonly findings: readonly Finding[];
  readonly done: number;
}

/** What fails in one keeps no other from being done; only interruptions are raised. */
export async function doChores(
  context: AppContext,
  request: ChoresRequest,
  chores: readonly Chore[],
): Promise<ChoresDone> {
  const findings: Finding[] = [];
  let done = 0;
  for (const chore of chores) {
    const { attempts } = loadMemory(request.session.plan.metadata.id);
    const decision = decideChore(attempts.get(chore.subject), context.nowMs());
    if (decision.kind === 'wait') {
      const { retryAtMs } = decision;
      findings.push(await judged(context, request, chore, failureError(decision.failure), retryAtMs));
      continue;
    }
    const { kind, vault, reason } = chore;
    await request.voice.say(`owed_${kind}`, { vault, reason }, `owed      ${chore.subject}: ${reason}`);
    if (request.dryRun === true) continue;
    findings.push(await doOne(context, request, chore));
    done += 1;
  }
  return { findings, done };
}

async function doOne(context: AppContext, request: ChoresRequest, chore: Chore): Promise<Finding> {
  const { subject, systems, vault } = chore;
  const budgetMs = choreBudgetMs(request.systems, context.nowMs());
  const error = await errorOf(context, () => withinBudget(context, budgetMs, (own) => chore.perform(own)));
  const finding = { subject, systems, vault, ...(error === undefined ? {} : { error }) };
  const planId = request.session.plan.metadata.id;
  await rememberAttempts(context, { planId, systemHash: '' }, [finding]);
  return error === undefined ? finding : await judged(context, request, chore, error);
}

/** What others were in the way of is said, and is no failure while there is time left. */
async function judged(
  context: AppContext,
  { voice }: ChoresRequest,
  chore: Chore,
  error: LifeboatError,
  retryAtMs?: number,
): Promise<Finding> {
  const { subject, systems, vault } = chore;
  const about = { subject, systems, vault };
  if (isOnlyPostponed(error, chore, context.nowMs())) {
    const fields = { ...about, code: error.code, message: error.message };
    if (retryAtMs === undefined)
      await voice.say('postponed', fields, `later     ${subject}: ${error.message}`);
    return about;
  }
  const finding = { ...about, error, ...(retryAtMs === undefined ? {} : { retryAtMs }) };
  await voice.failed(finding);
  return finding;
}

async function errorOf(
  context: AppContext,
  work: () => Promise<LifeboatError | undefined>,
): Promise<LifeboatError | undefined> {
  try {
    return await work();
  } catch (error) {
    if (context.signal.aborted) throw error;
    return knownError(error);
  }
}
