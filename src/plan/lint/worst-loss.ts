import { unreachable } from '../../error/assert.ts';
import { restBetweenRunsMs } from '../../schedule/completed-before.ts';
import { describeSchedule } from '../../schedule/describe-schedule.ts';
import { isTimed, type Schedule, type TimedSchedule } from '../../schedule/schedule.ts';
import { formatDuration } from '../duration.ts';
import { schedulesGapMs } from './schedule-gap.ts';

/** Where a figure comes from: runs that were made, the plan, or nothing better. */
export type FigureOrigin = 'measured' | 'declared' | 'assumed';

export interface LossFigure {
  readonly valueMs: number;
  readonly origin: FigureOrigin;
}

/** What the worst loss of one system depends on. */
export interface LossInput {
  /** All that are kept together: a run of any of them leaves a point. */
  readonly lines: readonly LossLine[];
  /** How long a capture takes: the median of past runs, what the plan says, or a guess. */
  readonly capture: LossFigure;
  /** To the vault that survives, where the first one may not: a point counts when it has arrived there. */
  readonly copy?: LossFigure;
  /** Of logs that are shipped all the time: how far what is kept may be behind. Absent without logs. */
  readonly logLag?: LossFigure;
}

export interface LossLine {
  readonly schedule: Schedule;
  /** False for what this version understands but does not run. */
  readonly isExecuted: boolean;
}

export interface LossTerm {
  readonly kind: 'gap' | 'window' | 'rest' | 'capture' | 'copy' | 'log lag';
  readonly valueMs: number;
  readonly origin: FigureOrigin;
}

export interface LossSum {
  readonly totalMs: number;
  readonly terms: readonly LossTerm[];
  /** `hourly UTC: at most 1 h between runs + 12 min capture (measured) = worst case 1 h 12 min`. */
  readonly arithmetic: string;
}

/** The most that can be lost while every run is made and succeeds. */
export interface WorstLoss {
  /** Nothing when no schedule promises a time. */
  readonly withoutLogs?: LossSum;
  /** While the log stream is alive, and no longer. Absent without logs. */
  readonly withLogs?: LossSum;
  /** Without logs and without the lines that this version does not run. */
  readonly executed?: LossSum;
}

/**
 * Pure. Just before a run ends, the newest complete point is as old as the time from the start of the run before plus
 * the time that this one takes. A run that is still going when the next is due is followed by one run at once, as
 * `lifeboat up` does it, so the starts are then as far apart as a run is long.
 */
export function worstLossOf(input: LossInput): WorstLoss {
  const withoutLogs = lossOfRuns(input.lines, input);
  const executedLines = input.lines.filter(({ isExecuted }) => isExecuted);
  const executed =
    executedLines.length === input.lines.length ? withoutLogs : lossOfRuns(executedLines, input);
  const withLogs = lossWithLogs(input.logLag, withoutLogs);
  return {
    ...(withoutLogs === undefined ? {} : { withoutLogs }),
    ...(withLogs === undefined ? {} : { withLogs }),
    ...(executed === undefined ? {} : { executed }),
  };
}

function lossOfRuns(lines: readonly LossLine[], { capture, copy }: LossInput): LossSum | undefined {
  const schedules = lines.map(({ schedule }) => schedule).filter(isTimed);
  const apartMs = schedulesGapMs(schedules);
  const punctualMs = schedulesGapMs(schedules.map(withoutWindow));
  if (apartMs === undefined || punctualMs === undefined) return undefined;
  const run: readonly LossTerm[] = [
    { kind: 'capture', ...capture },
    ...(copy === undefined ? [] : [{ kind: 'copy' as const, ...copy }]),
  ];
  const runMs = sum(run);
  const words = schedules.map(describeSchedule).join('; ');
  if (runMs + restBetweenRunsMs > apartMs) {
    const rest = { kind: 'rest', valueMs: restBetweenRunsMs, origin: 'assumed' } as const;
    const terms = [...run, rest, ...run];
    const why = `a run lasts longer than the ${formatDuration(apartMs)} to the next, which begins when it has ended`;
    return { totalMs: sum(terms), terms, arithmetic: `${words}: ${why}: ${sumInWords(terms)}` };
  }
  const gap = { kind: 'gap', valueMs: punctualMs, origin: 'declared' } as const;
  const window = { kind: 'window', valueMs: apartMs - punctualMs, origin: 'declared' } as const;
  const terms = [gap, ...(window.valueMs === 0 ? [] : [window]), ...run];
  return { totalMs: sum(terms), terms, arithmetic: `${words}: ${sumInWords(terms)}` };
}

function lossWithLogs(logLag: LossFigure | undefined, without: LossSum | undefined): LossSum | undefined {
  if (logLag === undefined) return undefined;
  if (without !== undefined && without.totalMs < logLag.valueMs) return without;
  const terms = [{ kind: 'log lag', ...logLag } as const];
  const stream = logLag.valueMs === 0 ? 'every commit waits for the second place' : 'continuous logs';
  return { totalMs: logLag.valueMs, terms, arithmetic: `${stream}: ${sumInWords(terms)}` };
}

function withoutWindow(schedule: TimedSchedule): TimedSchedule {
  if (schedule.kind === 'interval' || schedule.windowMinutes === undefined) return schedule;
  const { windowMinutes: _window, ...punctual } = schedule;
  return punctual;
}

function sum(terms: readonly LossTerm[]): number {
  return terms.reduce((total, { valueMs }) => total + valueMs, 0);
}

function sumInWords(terms: readonly LossTerm[]): string {
  return `${terms.map(termInWords).join(' + ')} = worst case ${formatDuration(sum(terms))}`;
}

function termInWords({ kind, valueMs, origin }: LossTerm): string {
  const value = formatDuration(valueMs);
  switch (kind) {
    case 'gap':
      return `at most ${value} between runs`;
    case 'window':
      return `${value} of window`;
    case 'rest':
      return `${value} between two runs`;
    case 'capture':
      return origin === 'assumed' && valueMs === 0
        ? 'a capture time that is not measured yet'
        : `${value} capture (${origin})`;
    case 'copy':
      return origin === 'assumed' && valueMs === 0
        ? 'a copy time that is not measured yet'
        : `${value} copy (${origin})`;
    case 'log lag':
      return `${value} behind (${origin})`;
    default:
      return unreachable(kind);
  }
}
