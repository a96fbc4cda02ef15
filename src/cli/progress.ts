/**
 * How far work is. On a terminal one line is rewritten and vanishes before anything else is printed; elsewhere
 * a plain line comes every ten seconds, and with --json an object every second.
 */

import { every } from '../platform/timers.ts';
import type { WorkProgress } from '../repository/work-progress.ts';
import { bytesText, clockText, countText } from './quantity-text.ts';
import { createRateMeter, type Measured } from './rate-meter.ts';
import type { TextStream } from './standard-streams.ts';

export interface ProgressLine extends Disposable {
  report(progress: WorkProgress): void;
  /** Shows it now; it is shown at intervals anyway. */
  show(): void;
  /** Takes the line away until it is painted again. */
  clear(): void;
}

export interface ProgressRecord {
  readonly type: 'progress';
  readonly [field: string]: unknown;
}

export interface ProgressOptions {
  readonly stderr: TextStream;
  /** With --json: takes the objects instead of text. */
  readonly record?: (record: ProgressRecord) => void;
  readonly monotonicMs: () => number;
  readonly onEnd: () => void;
}

const repaintMs = 100;
const recordMs = 1_000;
const plainLineMs = 10_000;
const eraseLine = '\r\u001b[K';

export function createProgressLine(what: string, options: ProgressOptions): ProgressLine {
  const { stderr, record } = options;
  const meter = createRateMeter(options.monotonicMs);
  const repaints = record === undefined && stderr.isTerminal;
  let latest: WorkProgress = { phase: what, doneFiles: 0, doneBytes: 0 };
  let painted = false;
  const clear = () => {
    if (painted) void stderr.write(eraseLine);
    painted = false;
  };
  const show = () => {
    const measured = meter.measure();
    if (record !== undefined) return record(progressRecord(what, latest, measured));
    const text = progressText(what, latest, measured);
    if (!repaints) return void stderr.write(`${text}\n`);
    // the last column stays free, so that no terminal wraps
    void stderr.write(eraseLine + text.slice(0, stderr.columns() - 1));
    painted = true;
  };
  const intervalMs = record !== undefined ? recordMs : repaints ? repaintMs : plainLineMs;
  const ticker = every(intervalMs, show);
  return {
    report(progress) {
      latest = progress;
      meter.add(progress);
    },
    show,
    clear,
    [Symbol.dispose]() {
      ticker[Symbol.dispose]();
      clear();
      options.onEnd();
    },
  };
}

/** `backup: 1,234 files, 1.2 GiB of 3.4 GiB (35%), 85.0 MiB/s, 0:12, 0:26 left` */
export function progressText(what: string, progress: WorkProgress, measured: Measured): string {
  const { doneFiles, doneBytes, totalFiles, totalBytes } = progress;
  const files = totalFiles === undefined ? '' : ` of ${countText(totalFiles)}`;
  const bytes = totalBytes === undefined ? '' : ` of ${bytesText(totalBytes)} (${percent(progress)}%)`;
  const left = leftMs(progress, measured);
  return [
    `${what}: ${countText(doneFiles)}${files} files`,
    `${bytesText(doneBytes)}${bytes}`,
    `${bytesText(measured.bytesPerSecond)}/s`,
    clockText(measured.elapsedMs),
    ...(left === undefined ? [] : [`${clockText(left)} left`]),
  ].join(', ');
}

function progressRecord(what: string, progress: WorkProgress, measured: Measured): ProgressRecord {
  const left = leftMs(progress, measured);
  return {
    type: 'progress',
    work: what,
    phase: progress.phase,
    files_done: progress.doneFiles,
    bytes_done: progress.doneBytes,
    ...(progress.totalFiles === undefined ? {} : { files_total: progress.totalFiles }),
    ...(progress.totalBytes === undefined ? {} : { bytes_total: progress.totalBytes }),
    bytes_per_second: Math.round(measured.bytesPerSecond),
    elapsed_ms: Math.round(measured.elapsedMs),
    ...(left === undefined ? {} : { left_ms: Math.round(left) }),
  };
}

function percent({ doneBytes, totalBytes = 0 }: WorkProgress): number {
  return totalBytes === 0 ? 100 : Math.min(100, Math.floor((doneBytes / totalBytes) * 100));
}

/** Unknown while the total or the rate is. */
function leftMs({ doneBytes, totalBytes }: WorkProgress, measured: Measured): number | undefined {
  if (totalBytes === undefined || measured.bytesPerSecond <= 0) return undefined;
  return (Math.max(0, totalBytes - doneBytes) / measured.bytesPerSecond) * 1000;
}
