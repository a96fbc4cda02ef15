/** `lifeboat verify`: proves recovery points by restoring them and running the plan's checks. */
import { resolve } from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { VerifyRecord } from '../../evidence/record.ts';
import { durationText } from '../../objective/duration-text.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { momentOf } from '../moment-of.ts';
import { planHistory } from '../plan/plan-history.ts';
import { chosenSystems, openPlan } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';
import { type SystemProof, verifySystems } from '../plan/verify-systems.ts';
import { factsFields, phasesText } from '../recovery/recovery-words.ts';

export const verify: Command<AppContext> = {
  description:
    "Restores the newest recovery point of each system into a fresh sandbox, compares it with what was captured, and runs the plan's " +
    'checks on it. The verdict is pass, fail or inconclusive; the time it took is the measured RTO. The sandbox is removed afterwards.',
  arguments: [{ name: 'SYSTEM', kind: 'any', description: 'only these systems' }],
  options: [
    ...planOptions,
    { flag: '--vault', value: 'NAME', description: 'only points of this vault of the plan' },
    { flag: '--point', value: 'ID', description: 'this point, by the beginning of its id' },
    { flag: '--at', value: 'TIME', description: 'the newest point at or before this time' },
    { flag: '--sandbox', value: 'DIR', description: 'make the sandbox below this folder' },
    { flag: '--keep', description: 'keep the sandbox, to look at it' },
  ],
  examples: [
    { line: 'lifeboat verify', says: 'prove the newest point of every system' },
    {
      line: 'lifeboat verify orders-db --at "2026-11-20 02:44"',
      says: 'prove the point that was newest at that time',
    },
  ],
  run: async (context, input) => {
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    await using vaults = openPlanVaults(context, session);
    const histories = await planHistory(context, session, vaults, true);
    const at = input.value('--at');
    const atMs = at === undefined ? undefined : momentOf(at, session.plan.metadata.timeZone, context);
    const vault = input.value('--vault');
    const pointId = input.value('--point');
    const sandboxParent = input.value('--sandbox');
    const request = {
      session,
      vaults,
      histories,
      systems: chosenSystems(session.plan, input.list('SYSTEM')),
      trigger: 'manual' as const,
      keepSandbox: input.has('--keep'),
      ...(vault === undefined ? {} : { vault }),
      ...(atMs === undefined ? {} : { atMs }),
      ...(pointId === undefined ? {} : { pointId }),
      ...(sandboxParent === undefined ? {} : { sandboxParent: resolve(context.folder, sandboxParent) }),
    };
    for (const { vault: name, trouble } of histories)
      if (trouble) context.output.warn(`vault ${name}: ${trouble.message}`);
    const proofs = await verifySystems(context, request, (proof) => reportProof(context, proof));
    await planHistory(context, session, vaults, true);
    return verifyEnd(proofs);
  },
};

export async function reportProof(context: AppContext, proof: SystemProof): Promise<void> {
  const record = proof.outcome?.record;
  const fields = {
    type: 'verify',
    system: proof.system,
    vault: proof.vault,
    point: proof.point?.id,
    verdict: record?.verdict ?? 'inconclusive',
    restore_ms: record?.restoreMs,
    check_ms: record?.checkMs,
    checks: record?.checks,
    loss: record?.loss,
    ...(record?.recovery && { recovery: factsFields(record.recovery, fetchMsOf(record)) }),
    sandbox: proof.outcome?.sandbox,
    error: proof.error && { code: proof.error.code, message: proof.error.message, hint: proof.error.hint },
  };
  await context.output.result(fields, proofText(context, proof));
}

function proofText(context: AppContext, proof: SystemProof): string {
  const { style } = context.output;
  const record = proof.outcome?.record;
  if (record === undefined)
    return `${style.yellow('inconclusive')}  ${proof.system}: ${proof.error?.message}\n  → ${proof.error?.hint ?? ''}`;
  const word =
    record.verdict === 'pass'
      ? style.green('pass')
      : record.verdict === 'fail'
        ? style.red('FAIL')
        : style.yellow('inconclusive');
  const point = proof.point?.id.slice(0, 8);
  const lines = [
    `${word}  ${proof.system} from ${proof.vault}, point ${point}: restored in ${durationText(record.restoreMs)}, checked in ${durationText(record.checkMs)}${lossText(record)}`,
    ...(record.recovery === undefined ? [] : [`  ${phasesText(record.recovery, fetchMsOf(record))}`]),
    ...record.checks.map(checkText),
    ...(proof.outcome?.sandbox === undefined ? [] : [`  kept in ${proof.outcome.sandbox}`]),
  ];
  return lines.join('\n');
}

/** The rest of the recovery was measured by itself. */
function fetchMsOf({ restoreMs, recovery }: VerifyRecord): number {
  const { layOutMs = 0, replayMs = 0, openMs = 0 } = recovery ?? {};
  return Math.max(0, restoreMs - layOutMs - replayMs - openMs);
}

function checkText(check: VerifyRecord['checks'][number]): string {
  const mark = check.verdict === 'pass' ? 'ok  ' : check.verdict === 'fail' ? 'FAIL' : '?   ';
  const compared =
    check.verdict !== 'pass' && check.expected !== undefined
      ? `: expected ${check.expected}, got ${check.actual}`
      : '';
  const message = check.message ? `: ${check.message}` : '';
  return `  ${mark}  ${check.name}${compared}${message}`;
}

function lossText({ loss }: VerifyRecord): string {
  return loss === undefined ? '' : `; ${loss.kind} loss if disaster struck now: ${durationText(loss.ms)}`;
}

export function verifyEnd(proofs: readonly SystemProof[]): CommandEnd {
  const verdicts = proofs.map(({ outcome }) => outcome?.record.verdict ?? 'inconclusive');
  const failed = verdicts.filter((verdict) => verdict === 'fail').length;
  const open = verdicts.filter((verdict) => verdict === 'inconclusive' || verdict === 'incomplete').length;
  const summary = {
    systems: proofs.length,
    passed: proofs.length - failed - open,
    failed,
    inconclusive: open,
  };
  if (failed > 0) {
    return {
      summary,
      error: new LifeboatError('VERIFICATION_FAILED', `${failed} of ${proofs.length} systems did not pass`, {
        hint: 'Look at the checks above; `lifeboat verify --keep` keeps the restored data to look at. Older points may be whole: `lifeboat points`.',
      }),
    };
  }
  if (open === 0) return { summary };
  return {
    summary,
    error: new LifeboatError(
      'VERIFICATION_INCONCLUSIVE',
      `${open} of ${proofs.length} systems could not be proven`,
      { hint: 'Mend what kept the checks from running, named above, and verify again.' },
    ),
  };
}
