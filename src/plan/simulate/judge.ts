import { type Status, worstStatus } from '../../objective/objective.ts';
import { formatDuration } from '../duration.ts';
import type { ResolvedSystem, ScenarioPlan } from '../resolved-plan.ts';
import type { Back, Loss, Verdict } from './simulation.ts';

/** From here on a target counts as in danger although it is kept. */
const atRiskShare = 0.8;

/** Forecast against target. The objectives of the scenario count before those of the system. Unknown is never green. */
export function judge(
  { objectives }: ResolvedSystem,
  scenario: ScenarioPlan,
  loss: Loss,
  back: Back,
): readonly Verdict[] {
  const rpo = targetOf(scenario.objectives?.rpo, objectives.rpo);
  const rto = targetOf(scenario.objectives?.rto, objectives.rto);
  return [
    ...(rpo === undefined ? [] : [{ objective: 'rpo' as const, ...rpo, ...judgeLoss(loss, rpo.targetMs) }]),
    ...(rto === undefined ? [] : [{ objective: 'rto' as const, ...rto, ...judgeBack(back, rto.targetMs) }]),
  ];
}

/**
 * The worst verdict. Who promised only half of it does not know how it ends while the other half is open; `undefined`
 * where nothing is promised at all.
 */
export function overall(verdicts: readonly Verdict[], loss: Loss, back: Back): Status | undefined {
  if (verdicts.length === 0) return undefined;
  const isForeseen = (loss.kind === 'none' || loss.kind === 'bounded') && back.kind === 'known';
  return worstStatus([
    ...verdicts.map(({ status }) => status),
    ...(isForeseen ? [] : (['unknown'] as const)),
  ]);
}

type Target = Pick<Verdict, 'targetMs' | 'from'>;

function targetOf(
  ofScenario: number | undefined,
  ofSystem: ResolvedSystem['objectives']['rpo'],
): Target | undefined {
  if (ofScenario !== undefined) return { targetMs: ofScenario, from: 'scenario' };
  return ofSystem === undefined ? undefined : { targetMs: ofSystem.valueMs, from: ofSystem.from.kind };
}

type Judgement = Pick<Verdict, 'status' | 'reason' | 'valueMs'>;

function judgeLoss(loss: Loss, targetMs: number): Judgement {
  switch (loss.kind) {
    case 'none':
      return { status: 'met', valueMs: 0, reason: loss.why };
    case 'bounded':
      return { status: compare(loss.valueMs, targetMs), valueMs: loss.valueMs, reason: loss.why };
    case 'unknown':
      return notKnown(loss.atLeastMs, targetMs, loss.why);
    default:
      return { status: 'breached', reason: loss.why };
  }
}

function judgeBack(back: Back, targetMs: number): Judgement {
  switch (back.kind) {
    case 'known': {
      const reason = `back after ${formatDuration(back.atMs)} (${back.origin})`;
      return { status: compare(back.atMs, targetMs), valueMs: back.atMs, reason };
    }
    case 'unknown':
      return notKnown(back.atLeastMs, targetMs, back.why);
    default:
      return { status: 'breached', reason: back.why };
  }
}

/** What is known of it may already be too much. */
function notKnown(atLeastMs: number, targetMs: number, reason: string): Judgement {
  return { status: atLeastMs > targetMs ? 'breached' : 'unknown', valueMs: atLeastMs, reason };
}

/** Nothing of nothing is met: a promise to lose nothing is kept when nothing is lost. */
function compare(valueMs: number, targetMs: number): Status {
  if (valueMs > targetMs) return 'breached';
  return valueMs > targetMs * atRiskShare ? 'at-risk' : 'met';
}
