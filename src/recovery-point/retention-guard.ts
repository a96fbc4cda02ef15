/**
 * What no policy may do: give up a point that is held, the newest point of a vault that is proven by a restore, or
 * the last proven one that a system has anywhere. Newer points that nobody has restored take the place of none.
 */
import type { Hold } from './holds.ts';
import { holdText } from './holds.ts';
import type { KeepCandidate, KeepDecision } from './retention-choice.ts';

export interface GuardFacts<Candidate extends KeepCandidate> {
  holdsOf(point: Candidate): readonly Hold[];
  /** It was restored and found right, and nothing speaks against it since. */
  isProven(point: Candidate): boolean;
  /** The system has a proven point in another vault, and it stays there. */
  readonly isProvenElsewhere: boolean;
  /** A person wrote the rules for this one time: what they would do is refused rather than corrected. */
  readonly isByHand: boolean;
}

export type GuardedDecision<Candidate extends KeepCandidate> = KeepDecision<Candidate> & {
  /** Kept by a hold or as a proof, and not by the rules. */
  readonly isSpared: boolean;
};

export interface Guarded<Candidate extends KeepCandidate> {
  readonly decisions: readonly GuardedDecision<Candidate>[];
  /** Why nothing at all must be dropped. */
  readonly refusal?: string;
}

/** `decisions` of one system and vault, newest first. */
export function guardDecisions<Candidate extends KeepCandidate>(
  decisions: readonly KeepDecision<Candidate>[],
  facts: GuardFacts<Candidate>,
): Guarded<Candidate> {
  const held = decisions.map((decision) => sparedByHold(decision, facts.holdsOf(decision.point)));
  const refusal = facts.isByHand ? refusalOf(held, facts) : undefined;
  if (refusal !== undefined) return { decisions: held, refusal };
  const newest = held.find(({ point }) => facts.isProven(point));
  const guarded = held.map((decision) =>
    decision === newest && !decision.kept && !(decision.isTooOld && facts.isProvenElsewhere)
      ? spared(decision, 'the newest proven one here')
      : decision,
  );
  const overdue = guarded.find(
    ({ isTooOld, isSpared, point }) => isTooOld && isSpared && facts.isProven(point),
  );
  if (overdue !== undefined && facts.holdsOf(overdue.point).length === 0) {
    const short = overdue.point.id.slice(0, 8);
    return { decisions: guarded, refusal: `${short} is older than anything may be, and the last proven one` };
  }
  const last = refusalOf(guarded, facts);
  return { decisions: guarded, ...(last === undefined ? {} : { refusal: last }) };
}

function refusalOf<Candidate extends KeepCandidate>(
  decisions: readonly GuardedDecision<Candidate>[],
  { isProven, isProvenElsewhere }: GuardFacts<Candidate>,
): string | undefined {
  if (isProvenElsewhere || decisions.every(({ kept }) => kept)) return undefined;
  if (decisions.some(({ kept, point }) => kept && isProven(point))) return undefined;
  return decisions.some(({ point }) => isProven(point))
    ? 'no proven point would be left'
    : 'none of its points is proven by a restore';
}

function sparedByHold<Candidate extends KeepCandidate>(
  decision: KeepDecision<Candidate>,
  holds: readonly Hold[],
): GuardedDecision<Candidate> {
  if (holds.length === 0) return { ...decision, isSpared: false };
  const words = holds.map(holdText);
  if (decision.kept) return { ...decision, reasons: [...decision.reasons, ...words], isSpared: false };
  return { ...decision, kept: true, reasons: words, isSpared: true };
}

function spared<Candidate extends KeepCandidate>(
  decision: GuardedDecision<Candidate>,
  reason: string,
): GuardedDecision<Candidate> {
  return { ...decision, kept: true, reasons: [reason], isSpared: true };
}
