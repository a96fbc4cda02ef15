import { basename } from 'node:path';
import type { Vault } from '../../vault/vault.ts';
import type { PlanRun } from './new-run.ts';
import type { PlanSession } from './plan-session.ts';

/** Every vault holds the plans that ran, so that the vault and its key are enough to begin from. */
export async function savePlan(session: PlanSession, vault: Vault, run: PlanRun): Promise<void> {
  await vault.plans.save({
    planId: run.plan.id,
    planHash: run.plan.hash,
    fileName: basename(session.fileName),
    text: session.text,
    savedAtMs: run.nowMs(),
  });
}
