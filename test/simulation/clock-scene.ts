/** One plan for the clock: random schedules of one system with random durations, and what a simulated clock makes of it. */
import assert from 'node:assert/strict';
import { type LossFigure, worstLossOf } from '../../src/plan/lint/worst-loss.ts';
import { lastCompletedCaptureBefore, restBetweenRunsMs } from '../../src/schedule/completed-before.ts';
import { describeSchedule } from '../../src/schedule/describe-schedule.ts';
import { dueRuns } from '../../src/schedule/due-times.ts';
import { parseSchedule } from '../../src/schedule/parse-schedule.ts';
import type { Schedule } from '../../src/schedule/schedule.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import { clockZones, type RandomSchedule, randomSchedule } from './clock-rules.ts';
import { walkDue } from './clock-walk.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A run as the oracle knows it. */
interface SimulatedRun {
  readonly startMs: number;
  /** When its point is complete where it counts. */
  readonly endMs: number;
}

interface Due {
  readonly dueMs: number;
  readonly lateMs: number;
}

export interface ClockScene {
  readonly seed: number;
  readonly words: string;
  readonly schedules: readonly Schedule[];
  readonly random: readonly RandomSchedule[];
  readonly capture: LossFigure;
  readonly copy?: LossFigure;
}

export function drawScene(seed: number): ClockScene {
  const random = seededRandom(seed);
  const zone = random.pick(clockZones);
  const count = random.pick([1, 1, 2, 2, 3]);
  const drawn = Array.from({ length: count }, () =>
    randomSchedule(random, random.below(4) === 0 ? random.pick(clockZones) : zone),
  );
  const capture = { valueMs: randomDuration(random), origin: 'measured' } as const;
  const copy = { valueMs: randomDuration(random), origin: 'declared' } as const;
  const schedules = drawn.map(parsed);
  const words = schedules.map(describeSchedule).join('; ');
  const scene = { seed, words, schedules, random: drawn, capture };
  return random.below(2) === 0 ? scene : { ...scene, copy };
}

function parsed({ text, zone }: RandomSchedule): Schedule {
  const result = parseSchedule(text, zone);
  assert.ok(result.ok, text);
  return result.schedule;
}

/** From nothing to longer than the time between the runs. */
function randomDuration(random: SeededRandom): number {
  return random.pick([0, 1, 12 * minuteMs, 37 * minuteMs, 61 * minuteMs, 5 * hourMs, 26 * hourMs, 9 * dayMs]);
}

const firstYear = 2025;
const yearsMax = 28;

/** As many years as `runsMax` runs allow, at least two. */
const runsMax = 60_000;

/**
 * Walks the clock over whole years and holds against it what the program says: every due time, the worst loss, and
 * the newest complete point at random moments. Raises what does not agree.
 */
export function tryScene(scene: ClockScene): void {
  const random = seededRandom(scene.seed + 1);
  const years = yearsOf(scene);
  const fromMs = Date.UTC(firstYear, 0, 1);
  const toMs = Date.UTC(firstYear + years, 0, 1);
  const due = scene.random.map((each, index) => walked(each, scene.schedules[index], fromMs, toMs));
  const all = mergeDue(due);
  const reported = worstLossOf({
    lines: scene.schedules.map((schedule) => ({ schedule, isExecuted: true })),
    capture: scene.capture,
    ...(scene.copy === undefined ? {} : { copy: scene.copy }),
  }).withoutLogs;
  assert.ok(reported !== undefined, 'a loss is reported');
  const runMs = scene.capture.valueMs + (scene.copy?.valueMs ?? 0);
  const styles: readonly RunStyle[] = ['longest', 'shortest', 'random', 'random'];
  const simulated = styles.map((style) => ({ style, runs: simulate(all, runMs, style, random) }));
  for (const { style, runs } of simulated) {
    const worst = worstLossMs(runs);
    assert.ok(worst <= reported.totalMs, `${style} runs lost ${worst} ms of at most ${reported.totalMs} ms`);
  }
  requireTight(
    scene,
    reported.totalMs,
    simulated.map(({ runs }) => runs),
    runMs,
    years,
  );
  for (let round = 0; round < 20; round++) {
    const atMs = fromMs + random.below(1_000_000) * ((toMs - fromMs) / 1_000_000);
    requireCompleted(scene, simulated[0]?.runs ?? [], runMs, Math.floor(atMs));
  }
}

function yearsOf({ random }: ClockScene): number {
  const aDay = random.map(({ rule }) => (rule.kind === 'interval' ? 1440 / rule.step : rule.times.length));
  const aYear = aDay.reduce((sum, count) => sum + count * 365, 0);
  return Math.max(2, Math.min(yearsMax, Math.floor(runsMax / aYear)));
}

/** The oracle's due times, after a comparison with those of the program. */
function walked(
  { rule, zone }: RandomSchedule,
  schedule: Schedule | undefined,
  fromMs: number,
  toMs: number,
): readonly Due[] {
  assert.ok(schedule !== undefined);
  const dues = walkDue(rule, zone, fromMs / dayMs - 1, toMs / dayMs + 1)
    .map(({ due, late }) => ({ dueMs: due * minuteMs, lateMs: late * minuteMs }))
    .filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs);
  const own = [...dueRuns(schedule, fromMs, toMs)];
  const different = dues.findIndex(
    ({ dueMs, lateMs }, index) => own[index]?.dueMs !== dueMs || own[index]?.lateMs !== lateMs,
  );
  if (different !== -1 || own.length !== dues.length) {
    const index = different === -1 ? dues.length : different;
    const tell = (run: Due | undefined): string =>
      run === undefined
        ? 'none'
        : `${new Date(run.dueMs).toISOString()} to ${new Date(run.lateMs).toISOString()}`;
    assert.fail(`run ${index}: the clock says ${tell(dues[index])}, the schedule ${tell(own[index])}`);
  }
  return dues;
}

/** Of runs that are due at once, the one that is late first counts. */
function mergeDue(due: readonly (readonly Due[])[]): readonly Due[] {
  const merged: Due[] = [];
  for (const run of due.flat().sort((a, b) => a.dueMs - b.dueMs || a.lateMs - b.lateMs))
    if (merged.at(-1)?.dueMs !== run.dueMs) merged.push(run);
  return merged;
}

type RunStyle = 'longest' | 'shortest' | 'random';

/**
 * As `lifeboat up` does it: one run at a time; what is due while a run is going is owed when it has ended, and one run
 * covers all of it. A run with a window begins anywhere in it. The last of the runs before a long gap may be short and
 * the one after it long, so styles differ in how long runs take: all as long as can be, none any time at all, or random.
 */
function simulate(
  all: readonly Due[],
  runMs: number,
  style: RunStyle,
  random: SeededRandom,
): readonly SimulatedRun[] {
  const planned = all.map(({ dueMs, lateMs }) => {
    const latenessMs = lateMs - dueMs;
    return (
      dueMs + (random.below(3) === 0 ? 0 : random.below(2) === 0 ? latenessMs : random.below(latenessMs + 1))
    );
  });
  const runs: SimulatedRun[] = [];
  let freeMs = Number.NEGATIVE_INFINITY;
  for (let owed = 0; owed < all.length; ) {
    const startMs = Math.max(firstPlanned(all, planned, owed), freeMs);
    const endMs = startMs + durationOf(style, runMs, random);
    runs.push({ startMs, endMs });
    freeMs = endMs + restBetweenRunsMs;
    while (owed < all.length && (all[owed]?.dueMs ?? 0) <= startMs) owed++;
  }
  // What comes due after the years that are walked could have made it begin earlier.
  const endMs = all.at(-1)?.dueMs ?? 0;
  return runs.filter(({ startMs }) => startMs <= endMs);
}

/** The earliest of the moments that were drawn for the first that is owed and for those that are due before it. */
function firstPlanned(all: readonly Due[], planned: readonly number[], owed: number): number {
  let startMs = planned[owed] ?? 0;
  for (let next = owed + 1; (all[next]?.dueMs ?? Number.POSITIVE_INFINITY) < startMs; next++)
    startMs = Math.min(startMs, planned[next] ?? startMs);
  return startMs;
}

function durationOf(style: RunStyle, runMs: number, random: SeededRandom): number {
  if (style === 'longest') return runMs;
  return style === 'shortest' ? 0 : random.pick([runMs, 0, random.below(runMs + 1)]);
}

/** Just before a run is complete, everything since the start of the one before would be lost. */
function worstLossMs(runs: readonly SimulatedRun[]): number {
  return runs.reduce((worst, { endMs }, index) => {
    const before = runs[index - 1];
    return before === undefined ? worst : Math.max(worst, endMs - before.startMs);
  }, 0);
}

/** Dates meet the changes of the clock in so many ways that not all of them come up in the years that are walked. */
const datedToleranceMs = 2 * hourMs;

/** The reported loss is really reached: by long runs, or by short ones when the one after the longest gap is long. */
function requireTight(
  { random }: ClockScene,
  reportedMs: number,
  simulated: readonly (readonly SimulatedRun[])[],
  runMs: number,
  years: number,
): void {
  if (random.some(({ rule }) => rule.kind === 'days' && rule.windowMinutes !== undefined)) return;
  const [longest = [], shortest = []] = simulated;
  const reachedMs = Math.max(worstLossMs(longest), worstLossMs(shortest) + runMs);
  const toleranceMs = years < yearsMax ? datedToleranceMs : 0;
  assert.ok(
    reachedMs >= reportedMs - toleranceMs,
    `${reportedMs} ms are reported, but no run in ${years} years loses more than ${reachedMs} ms`,
  );
}

/** Long runs, of which the one that begins last and has ended is the newest complete one. */
function requireCompleted(
  { schedules, random }: ClockScene,
  runs: readonly SimulatedRun[],
  runMs: number,
  atMs: number,
): void {
  const real = runs.findLast(({ endMs }) => endMs <= atMs);
  // Before and after the years that are walked there is nothing to hold it against.
  if (real === undefined || real === runs[0] || real === runs.at(-1)) return;
  const said = lastCompletedCaptureBefore(schedules, atMs, runMs);
  assert.ok(
    said !== undefined && said <= real.startMs,
    `${said} is said to be complete at ${atMs}, but the newest is of ${real.startMs}`,
  );
  const hasWindow = random.some(({ rule }) => rule.kind === 'days' && rule.windowMinutes !== undefined);
  if (hasWindow) return;
  // Where runs wait for each other, it is not certain when each began, but it is to two of them.
  const index = runs.indexOf(real);
  const isPunctual = runs.every(
    ({ startMs }, each) => startMs - (runs[each - 1]?.endMs ?? 0) > restBetweenRunsMs,
  );
  const earliest = isPunctual ? real : runs[index - 2];
  if (earliest !== undefined)
    assert.ok(
      said >= earliest.startMs,
      `${said} is too early at ${atMs}: that of ${real.startMs} is complete`,
    );
}
