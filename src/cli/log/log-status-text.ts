/** How `log status` shows what it found, for people and for machines. */
import type { LogCoverage } from '../../log-archive/log-archive.ts';
import type { StoredStatus } from '../../log-shipping/status-file.ts';
import { bytesText, momentText, plural } from '../quantity-text.ts';
import type { Style } from '../style.ts';
import type { LogTools } from './log-tools.ts';
import { type LogFact, type LogState, worstFirst, worstOf } from './log-verdict.ts';
import type { LogLook } from './look-at-log.ts';

export interface ToldLog {
  readonly system: string;
  readonly vault: string;
  readonly look: LogLook | undefined;
  readonly facts: readonly LogFact[];
  /** Other lives of the database, of which the vault holds a log as well. */
  readonly others: readonly string[];
}

const words: Readonly<Record<LogState, string>> = {
  ok: 'ok',
  'at-risk': 'AT RISK',
  unknown: 'UNKNOWN',
  failed: 'FAILED',
};

export function receiverRecord(system: string, status: StoredStatus | undefined, facts: readonly LogFact[]) {
  return {
    type: 'receiver',
    ...{ system, state: worstOf(facts), facts },
    receiver: status?.state,
    seen_at: status && isoText(status.writtenAtMs),
    since: status && isoText(status.sinceMs),
    protected: status?.isProtected,
    slot: status?.hold,
    kept_bytes: status?.keptBytes,
    headroom_bytes: status?.headroomBytes,
    vaults: status?.vaults.map(({ vault, state, provenUntilMs, lagMs, error }) => ({
      ...{ vault, state, error },
      until: provenUntilMs === undefined ? undefined : isoText(provenUntilMs),
      lag_ms: lagMs,
    })),
  };
}

export function receiverText(facts: readonly LogFact[], style: Style): string {
  return factsText('receiver', facts, style);
}

export function logRecord({ system, vault, look, facts, others }: ToldLog, tools: LogTools) {
  const { newest, recoverable } = look ?? {};
  return {
    type: 'log',
    ...{ system, vault, state: worstOf(facts), facts },
    incarnation: look?.incarnation,
    timeline: newest?.branch,
    end: newest && tools.positionText(newest.at),
    unbroken_from: newest?.unbroken.map(({ branch, start }) => ({
      timeline: branch,
      from: tools.positionText(start),
    })),
    recoverable_from: recoverable && isoText(recoverable.fromMs),
    recoverable_until: newest?.untilMs === undefined ? undefined : isoText(newest.untilMs),
    base_point: recoverable?.point,
    pieces: look?.pieces,
    bytes: look?.bytes,
    timelines: look?.coverage.map(({ branch, spans, gaps }) => ({
      timeline: branch,
      spans: spans.map((span) => rangeOf(span, tools)),
      gaps: gaps.map((gap) => ({ ...rangeOf(gap, tools), declared: gap.isDeclared })),
    })),
    other_incarnations: others,
  };
}

function rangeOf({ start, end }: { readonly start: bigint; readonly end: bigint }, tools: LogTools) {
  return { from: tools.positionText(start), until: tools.positionText(end) };
}

export function logText({ vault, look, facts, others }: ToldLog, tools: LogTools, style: Style): string {
  const lines =
    look === undefined ? [] : [windowText(look), sizeText(look), ...branchLines(look.coverage, tools)];
  if (others.length > 0) lines.push(`besides of earlier clusters: ${others.join(', ')}`);
  return [factsText(vault, facts, style), ...lines.map((line) => `    ${line}`)].join('\n');
}

function windowText({ newest, recoverable }: LogLook): string {
  if (recoverable === undefined || newest?.untilMs === undefined) return 'no moment can be recovered with it';
  return `any moment from ${momentText(recoverable.fromMs)} to ${momentText(newest.untilMs)}`;
}

function sizeText({ bytes, pieces, incarnation }: LogLook): string {
  return `${bytesText(bytes)} in ${plural(pieces, 'object')}, of the cluster ${incarnation}`;
}

function branchLines(coverage: readonly LogCoverage[], tools: LogTools): readonly string[] {
  return coverage.flatMap(({ branch, spans, gaps }) => {
    const [first, last] = [spans[0], spans.at(-1)];
    if (first === undefined || last === undefined) return [];
    const name = `timeline ${Number.parseInt(branch, 16)}`;
    const range = `${tools.positionText(first.start)} to ${tools.positionText(last.end)}`;
    return [
      `${name}: ${range}`,
      ...gaps.map((gap) => {
        const where = `${tools.positionText(gap.start)} to ${tools.positionText(gap.end)}`;
        return `${name}: gap from ${where}${gap.isDeclared ? ', declared' : ''}`;
      }),
    ];
  });
}

function factsText(name: string, facts: readonly LogFact[], style: Style): string {
  const state = worstOf(facts);
  const paint = state === 'ok' ? style.green : state === 'failed' ? style.red : style.yellow;
  const [first, ...rest] = worstFirst(facts).map(({ words: said, state: own, nextAction }) => {
    const action = own === 'ok' || nextAction === undefined ? '' : ` → ${nextAction}`;
    return `${said}${action}`;
  });
  const head = `  ${paint(words[state].padEnd(8))}${name.padEnd(12)}${first ?? ''}`.trimEnd();
  return [head, ...rest.map((line) => `    ${line}`)].join('\n');
}

function isoText(ms: number): string {
  return new Date(ms).toISOString();
}
