/**
 * Which of the points of one group are kept and which are dropped, by restic's rules (0.18), each with its reasons.
 *
 * restic goes through the points from the newest to the oldest. A rule with counts left keeps a point that begins a
 * new bucket (hour, day, …), and the very oldest point in any case, so that the history reaches as far back as it
 * can. Buckets are those of the clock where the point was taken. What is `within` a span is measured from the newest
 * point that is not in the future. Source: restic `internal/data/snapshot_policy.go`. restic 0.14 knows
 * neither the rule of the oldest nor counts without a limit; in all else it agrees.
 */
import { type BucketRule, bucketNouns, bucketOf, bucketRules } from './retention-bucket.ts';
import {
  type CalendarSpan,
  type CountRule,
  isEmptyPolicy,
  isZeroSpan,
  type RetentionPolicy,
  spanOfMs,
  spanText,
  unlimited,
} from './retention-policy.ts';
import { type StoredTime, wallClockMs, wallMs } from './stored-time.ts';

/** What is needed of a point to judge it. */
export interface KeepCandidate {
  readonly id: string;
  readonly time: StoredTime;
  readonly tags?: readonly string[];
}

export interface KeepDecision<Candidate extends KeepCandidate = KeepCandidate> {
  readonly point: Candidate;
  readonly kept: boolean;
  /** Empty for one that is dropped. */
  readonly keptBy: readonly KeptBy[];
  /** Each a few words: which rules keep it, or what each rule has against it. */
  readonly reasons: readonly string[];
  /** It is older than anything may be. */
  readonly isTooOld: boolean;
}

export interface KeptBy {
  readonly rule: KeepRule;
  /** The bucket that it begins. */
  readonly bucket?: string;
  /** It begins no bucket, and is kept because it is the oldest. */
  readonly isOldest: boolean;
}

export type KeepRule = CountRule | 'within' | `within-${BucketRule}` | 'tags' | 'everything';

/** Newest first; of one moment by id. `nowMs`: milliseconds since the epoch. */
export function chooseKept<Candidate extends KeepCandidate>(
  points: readonly Candidate[],
  policy: RetentionPolicy,
  nowMs: number,
): readonly KeepDecision<Candidate>[] {
  const sorted = points.toSorted(newestFirst);
  const { movedAfterMs = 0 } = policy;
  const reference = referenceOf(sorted, nowMs - movedAfterMs);
  const rules = isEmptyPolicy(policy) ? [keepEverything] : rulesOf(policy, reference);
  return sorted.map((point, position) => {
    const place: Place = { position, isLast: position === sorted.length - 1 };
    const verdicts = rules.map((rule) => rule(point, place));
    return decisionOf(point, verdicts, policy, nowMs);
  });
}

/** A point is kept when any of the policies keeps it. Without a policy everything is. */
export function chooseKeptByAny<Candidate extends KeepCandidate>(
  points: readonly Candidate[],
  policies: readonly RetentionPolicy[],
  nowMs: number,
): readonly KeepDecision<Candidate>[] {
  const [first = [], ...others] = (policies.length === 0 ? [{ counts: {} }] : policies).map((policy) =>
    chooseKept(points, policy, nowMs),
  );
  return others.reduce<readonly KeepDecision<Candidate>[]>(
    (sum, next) => sum.map((decision, position) => eitherKeeps(decision, next[position] ?? decision)),
    first,
  );
}

/** What either of two decisions on the same point keeps. */
export function eitherKeeps<Candidate extends KeepCandidate>(
  left: KeepDecision<Candidate>,
  right: KeepDecision<Candidate>,
): KeepDecision<Candidate> {
  const [kept, other] = left.kept ? [left, right] : [right, left];
  if (kept.kept !== other.kept) return kept;
  return {
    point: left.point,
    kept: left.kept,
    keptBy: [...left.keptBy, ...right.keptBy],
    reasons: [...new Set([...left.reasons, ...right.reasons])],
    isTooOld: left.isTooOld || right.isTooOld,
  };
}

interface Place {
  /** Counted from the newest, from 0. */
  readonly position: number;
  readonly isLast: boolean;
}

type Verdict = { readonly by: KeptBy; readonly words: string } | string;

/** Keeps count over all points, which it sees newest first. A text says why it does not keep the point. */
type Rule = (point: KeepCandidate, place: Place) => Verdict;

function decisionOf<Candidate extends KeepCandidate>(
  point: Candidate,
  verdicts: readonly Verdict[],
  { atMostMs }: RetentionPolicy,
  nowMs: number,
): KeepDecision<Candidate> {
  if (atMostMs !== undefined && isOlder(point.time, nowMs - atMostMs)) {
    const words = `older than ${spanText(spanOfMs(atMostMs))}, the most that is kept`;
    return { point, kept: false, keptBy: [], reasons: [words], isTooOld: true };
  }
  const keeping = verdicts.filter((verdict) => typeof verdict !== 'string');
  const kept = keeping.length > 0;
  return {
    point,
    kept,
    keptBy: keeping.map(({ by }) => by),
    reasons: kept
      ? keeping.map(({ words }) => words)
      : verdicts.filter((verdict) => typeof verdict === 'string'),
    isTooOld: false,
  };
}

const keepEverything: Rule = () => ({
  by: { rule: 'everything', isOldest: false },
  words: 'everything is kept',
});

function rulesOf(policy: RetentionPolicy, reference: StoredTime | undefined): readonly Rule[] {
  const { counts, within, withinEach = {}, tags = [], movedAfterMs = 0 } = policy;
  return [
    ...(tags.length === 0 ? [] : [tagRule(tags)]),
    ...(within === undefined || isZeroSpan(within) ? [] : [withinRule(within, reference, movedAfterMs)]),
    ...(counts.last === undefined || counts.last === 0 ? [] : [lastRule(counts.last)]),
    ...bucketRules.flatMap((rule) => {
      const count = counts[rule] ?? 0;
      return count === 0 ? [] : [countRule(rule, count)];
    }),
    ...bucketRules.flatMap((rule) => {
      const span = withinEach[rule];
      return span === undefined || isZeroSpan(span) ? [] : [withinEachRule(rule, span, reference)];
    }),
  ];
}

function tagRule(lists: readonly (readonly string[])[]): Rule {
  return ({ tags = [] }) => {
    const found = lists.find((list) => list.every((tag) => tags.includes(tag)));
    if (found === undefined) return 'it has none of the tags';
    return { by: { rule: 'tags', isOldest: false }, words: `has the tags ${found.join(', ')}` };
  };
}

function withinRule(span: CalendarSpan, reference: StoredTime | undefined, movedAfterMs: number): Rule {
  const sinceNs = before(reference, span);
  const length =
    spanText(span) + (movedAfterMs === 0 ? '' : ` of the move after ${spanText(spanOfMs(movedAfterMs))}`);
  return ({ time }) =>
    isAfter(time, sinceNs)
      ? { by: { rule: 'within', isOldest: false }, words: `within ${length}` }
      : `not within ${length}`;
}

function lastRule(count: number): Rule {
  return (_point, { position }) => {
    if (count !== unlimited && position >= count) return `${count} are newer`;
    const words = count === unlimited ? 'every one is kept' : `last ${position + 1} of ${count}`;
    return { by: { rule: 'last', isOldest: false }, words };
  };
}

function countRule(rule: BucketRule, count: number): Rule {
  let done = 0;
  let newest: { readonly bucket: string; readonly id: string } | undefined;
  return (point, { isLast }) => {
    const bucket = bucketOf(rule, point.time);
    const isTaken = bucket === newest?.bucket;
    const hasRoom = count === unlimited || done < count;
    if (!hasRoom || (isTaken && !isLast)) {
      return isTaken && newest !== undefined ? takenWords(rule, newest) : fullWords(rule, count);
    }
    done += 1;
    newest = { bucket, id: point.id };
    const figure = count === unlimited ? `${done}` : `${done} of ${count}`;
    const place = isTaken ? 'the oldest there is' : bucket;
    return { by: { rule, bucket, isOldest: isTaken }, words: `${rule} ${figure} (${place})` };
  };
}

function withinEachRule(rule: BucketRule, span: CalendarSpan, reference: StoredTime | undefined): Rule {
  const sinceNs = before(reference, span);
  const length = spanText(span);
  let newest: { readonly bucket: string; readonly id: string } | undefined;
  return (point, { isLast }) => {
    if (!isAfter(point.time, sinceNs)) return `not within ${length}`;
    const bucket = bucketOf(rule, point.time);
    const isTaken = bucket === newest?.bucket;
    if (isTaken && !isLast && newest !== undefined) return takenWords(rule, newest);
    newest = { bucket, id: point.id };
    const place = isTaken ? 'the oldest there is' : bucket;
    return {
      by: { rule: `within-${rule}`, bucket, isOldest: isTaken },
      words: `${rule} within ${length} (${place})`,
    };
  };
}

function takenWords(
  rule: BucketRule,
  { bucket, id }: { readonly bucket: string; readonly id: string },
): string {
  return `the ${bucketNouns[rule]} ${bucket} has a newer one, ${id.slice(0, 8)}`;
}

function fullWords(rule: BucketRule, count: number): string {
  const noun = bucketNouns[rule];
  return count === 1 ? `a newer ${noun} is kept` : `${count} newer ${noun}s are kept`;
}

/** What spans are measured from: the newest point that is not in the future. */
function referenceOf(newestToOldest: readonly KeepCandidate[], nowMs: number): StoredTime | undefined {
  return newestToOldest.find(({ time }) => isOlder(time, nowMs))?.time;
}

/** By the calendar of the reference. Without one everything is within any span. */
function before(reference: StoredTime | undefined, span: CalendarSpan): bigint | undefined {
  if (reference === undefined) return undefined;
  const wall = wallClockMs(reference);
  const date = new Date(wall);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const backMs = wallMs(year, month, day) - wallMs(year - span.years, month - span.months, day - span.days);
  return reference.atNs - BigInt(Math.round(backMs + span.ms)) * 1_000_000n;
}

function isAfter({ atNs }: StoredTime, sinceNs: bigint | undefined): boolean {
  return sinceNs === undefined || atNs > sinceNs;
}

function isOlder({ atNs }: StoredTime, atMs: number): boolean {
  return atNs < BigInt(Math.trunc(atMs)) * 1_000_000n;
}

function newestFirst(left: KeepCandidate, right: KeepCandidate): number {
  if (left.time.atNs !== right.time.atNs) return left.time.atNs > right.time.atNs ? -1 : 1;
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}
