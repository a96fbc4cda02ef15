/** Proves the stores of vaults once a day, and tells what became of each. */
import type { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RecordTrigger } from '../../evidence/record.ts';
import { copyRoute, isOnRoute } from '../../plan/copy-route.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { hostname } from '../../platform/host.ts';
import type { AppContext } from '../cli-context.ts';
import { newRun } from '../plan/new-run.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import { proveStoreOf, recordProof, unproved } from '../prove-vault-store.ts';
import { knownError } from '../report-error.ts';
import { type Finding, failureError } from './finding.ts';
import { decideStoreCheck } from './owed-store-check.ts';
import type { PassVoice } from './pass-voice.ts';

export interface PassStoresRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly systems: readonly ResolvedSystem[];
  readonly voice: PassVoice;
  readonly trigger: RecordTrigger;
  readonly dryRun?: boolean;
}

const storeSubject = (vault: string): string => `store ${vault}`;

/** One finding for each vault that could be read and that a system of this pass uses. */
export async function proveStores(
  context: AppContext,
  request: PassStoresRequest,
  histories: readonly VaultHistory[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const history of histories) {
    const { plan } = request.session;
    const needing = request.systems.filter((system) => isOnRoute(copyRoute(plan, system), history.vault));
    if (history.trouble !== undefined || needing.length === 0) continue;
    const systems = needing.map(({ name }) => name);
    const finding = { systems, vault: history.vault, ...(await judge(context, request, history)) };
    await request.voice.failed(finding);
    findings.push(finding);
  }
  return findings;
}

async function judge(
  context: AppContext,
  request: PassStoresRequest,
  { vault, records }: VaultHistory,
): Promise<Pick<Finding, 'subject' | 'error' | 'retryAtMs'>> {
  const subject = storeSubject(vault);
  const decision = decideStoreCheck(records, { host: hostname(), nowMs: context.nowMs() });
  switch (decision.kind) {
    case 'proved':
      return { subject };
    case 'wait':
      return { subject, error: failureError(decision.failure), retryAtMs: decision.retryAtMs };
    case 'run': {
      const error = request.dryRun === true ? undefined : await proveOne(context, request, vault);
      return error === undefined ? { subject } : { subject, error };
    }
  }
}

/** What keeps the proof from being made must not keep the pass from its backups; interruptions do. */
export async function proveOne(
  context: AppContext,
  { session, vaults, trigger }: Pick<PassStoresRequest, 'session' | 'vaults' | 'trigger'>,
  name: string,
): Promise<LifeboatError | undefined> {
  const declared = session.plan.vaults.find((each) => each.name === name);
  if (declared === undefined) return undefined;
  try {
    const vault = await vaults.open(name);
    if (vault.file === undefined) return undefined;
    const request = { location: declared.location, folder: session.folder, declared: declared.declared };
    const proved = await proveStoreOf(context, request);
    const error = unproved(proved);
    // where nothing can be written there is no place for the record either
    if (proved.probes.some(({ name: probe, verdict }) => probe === 'write' && verdict !== 'pass'))
      return error;
    await recordProof(context, vault, proved, newRun(context, session, trigger));
    return error;
  } catch (error) {
    if (context.signal.aborted) throw error;
    return knownError(error);
  }
}
