/** Brings vaults what they are owed, system by system, and tells what became of each. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RecordTrigger } from '../../evidence/record.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import type { AppContext } from '../cli-context.ts';
import { copySystem, type SystemCopy } from '../plan/copy-system.ts';
import { newRun } from '../plan/new-run.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import { knownError } from '../report-error.ts';
import { copySubject, type DecidedCopy } from './decide-pass.ts';
import type { Finding } from './finding.ts';
import type { PassVoice } from './pass-voice.ts';

export interface PassCopyRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly voice: PassVoice;
  readonly trigger: RecordTrigger;
}

/** One finding for each of the vaults that were to get something. */
export async function copyOwed(
  context: AppContext,
  { session, vaults, voice, trigger }: PassCopyRequest,
  system: ResolvedSystem,
  owed: readonly DecidedCopy[],
): Promise<readonly Finding[]> {
  const into = owed.map(({ vault }) => vault);
  const ended = await attempt(context, () =>
    copySystem(context, { session, vaults, run: newRun(context, session, trigger), into }, system),
  );
  const findings: Finding[] = [];
  for (const vault of into) {
    const about = { subject: copySubject(system.name, vault), systems: [system.name], vault };
    const copy = ended instanceof LifeboatError ? undefined : ended.find((end) => end.vault === vault);
    const error = ended instanceof LifeboatError ? ended : copy?.error;
    const finding: Finding = error === undefined ? about : { ...about, error };
    if (copy === undefined) await voice.failed(finding);
    else await voice.copy(copy);
    findings.push(finding);
  }
  return findings;
}

/** What must not end the other systems' work; interruptions do. */
async function attempt(
  context: AppContext,
  work: () => Promise<readonly SystemCopy[]>,
): Promise<readonly SystemCopy[] | LifeboatError> {
  try {
    return await work();
  } catch (error) {
    if (context.signal.aborted) throw error;
    return knownError(error);
  }
}
