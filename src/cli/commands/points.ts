/** `lifeboat points`: the recovery points of the plan's systems and how well each is proven. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { type Hold, holdsFromRecords, holdText } from '../../recovery-point/holds.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import { proofLevel } from '../../recovery-point/recovery-point.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { nearOptions, pointsNear, refuseWithoutNear } from '../log/points-near.ts';
import { planHistory, wrongWith } from '../plan/plan-history.ts';
import { chosenSystems, openPlan } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';
import { bytesText, momentText, plural } from '../quantity-text.ts';

export const points: Command<AppContext> = {
  description:
    'Lists what each system can return to, newest first, with its proof: written, checked (every byte read back), ' +
    'restored (into a sandbox), approved (by the checks of the plan). With --near it lists the transactions that ended ' +
    'around a time, of which any can be returned to, from the log that the vaults hold. It reads the vaults.',
  arguments: [{ name: 'SYSTEM', kind: 'any', description: 'only these systems' }],
  options: [
    ...planOptions,
    {
      flag: '--last',
      value: 'N',
      description: 'only the newest N of each system and vault; with --near the nearest',
    },
    ...nearOptions,
  ],
  examples: [
    { line: 'lifeboat points', says: 'all points of all systems' },
    { line: 'lifeboat points orders-db --last 5', says: 'the newest five in every vault' },
    {
      line: 'lifeboat points orders-db --near "2026-11-20 02:44" --within "2 min"',
      says: 'the commits around a time, from the log itself',
    },
  ],
  whenNobodyReads: 'stop',
  run: async (context, input) => {
    const last = countOf(input.value('--last'));
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    if (input.value('--near') !== undefined) return await pointsNear(context, input, session, last);
    refuseWithoutNear(input);
    await using vaults = openPlanVaults(context, session);
    const systems = chosenSystems(session.plan, input.list('SYSTEM')).map(({ name }) => name);
    const histories = await planHistory(context, session, vaults, true);
    let count = 0;
    for (const history of histories) {
      const { vault, points: all, records } = history;
      const wrong = wrongWith(history);
      const holds = holdsFromRecords(records, context.nowMs());
      if (wrong) context.output.warn(`vault ${vault}: ${wrong.message}. ${wrong.hint ?? ''}`);
      for (const system of systems) {
        const own = all
          .filter((point) => point.system === system)
          .toReversed()
          .slice(0, last);
        for (const point of own) {
          const held = holds(point.vault, point.snapshotId);
          await context.output.result(pointRecord(vault, point, held), pointText(vault, point, held));
        }
        count += own.length;
      }
    }
    const [wrong] = histories.flatMap((history) => wrongWith(history) ?? []);
    return { summary: { points: count }, ...(wrong === undefined ? {} : { error: wrong }) };
  },
};

/** Raises USAGE for what is no whole number of at least 1. */
function countOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^0*[1-9][0-9]*$/.test(text)) return Number(text);
  throw new LifeboatError('USAGE', `"${text}" is no number of points`, {
    hint: 'Give --last a whole number, 1 or more.',
  });
}

function pointText(vault: string, point: RecoveryPoint, held: readonly Hold[]): string {
  const proof = point.failure === undefined ? proofLevel(point) : `FAILED (${point.failure.foundBy})`;
  const complete = point.complete ? '' : '  incomplete';
  const holds = held.map((hold) => `\n          ${holdText(hold)}`).join('');
  return `${point.id.slice(0, 8)}  ${momentText(point.capturedAtMs)}  ${point.system} in ${vault}  ${proof}${complete}  ${plural(point.files, 'file')}, ${bytesText(point.bytes)}${holds}`;
}

function pointRecord(vault: string, point: RecoveryPoint, held: readonly Hold[]) {
  return {
    type: 'point',
    id: point.id,
    system: point.system,
    vault,
    captured_at: new Date(point.capturedAtMs).toISOString(),
    proof: proofLevel(point),
    complete: point.complete,
    failed: point.failure !== undefined,
    holds: held.map(({ kind }) => kind),
    files: point.files,
    bytes: point.bytes,
    position: point.position,
  };
}
