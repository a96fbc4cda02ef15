import type { RecordTrigger } from '../../evidence/record.ts';
import type { RunContext } from '../../evidence/run-context.ts';
import { hostname } from '../../platform/host.ts';
import { randomUuid } from '../../platform/random.ts';
import type { AppContext } from '../cli-context.ts';
import type { PlanSession } from './plan-session.ts';

export type PlanRun = RunContext & { readonly plan: NonNullable<RunContext['plan']> };

/** The circumstances that all records of one execution share. */
export function newRun(context: AppContext, session: PlanSession, trigger: RecordTrigger): PlanRun {
  return {
    runId: randomUuid(),
    host: hostname(),
    programVersion: context.programVersion,
    trigger,
    plan: { id: session.plan.metadata.id, hash: session.planHash },
    nowMs: context.nowMs,
    newId: randomUuid,
    redact: context.output.redact,
  };
}
