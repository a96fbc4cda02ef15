/** Under which plan, by whom and as which run something is done: the part that all records of a run share. */
import type { RecordTrigger } from './record.ts';
import type { RecordCommon, RecordError } from './record-common.ts';

export interface RunContext {
  /** A UUID of this execution. */
  readonly runId: string;
  readonly host: string;
  readonly programVersion: string;
  readonly trigger: RecordTrigger;
  /** Absent for work without a plan. */
  readonly plan?: { readonly id: string; readonly hash: string };
  readonly nowMs: () => number;
  readonly newId: () => string;
  /** Takes known secrets out of what other programs said, before it is kept. */
  readonly redact: (text: string) => string;
}

export interface SystemIdentity {
  readonly name: string;
  readonly hash: string;
}

type SharedFields = Pick<
  RecordCommon,
  'id' | 'runId' | 'vault' | 'host' | 'programVersion' | 'system' | 'systemHash' | 'planId' | 'planHash'
>;

/** A fresh id and who, where and under what. */
export function sharedFields(run: RunContext, vaultId: string, system?: SystemIdentity): SharedFields {
  return {
    id: run.newId(),
    runId: run.runId,
    vault: vaultId,
    host: run.host,
    programVersion: run.programVersion,
    ...(run.plan === undefined ? {} : { planId: run.plan.id, planHash: run.plan.hash }),
    ...(system === undefined ? {} : { system: system.name, systemHash: system.hash }),
  };
}

/** What a record says of an error. */
export function recordError(
  run: RunContext,
  error: { readonly code: string; readonly message: string },
): RecordError {
  return { code: error.code, message: run.redact(error.message) };
}
