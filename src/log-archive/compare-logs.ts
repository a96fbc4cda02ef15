/** Whether the logs of two vaults hold the same bytes where both hold some, window by window. */
import { createHash } from 'node:crypto';
import { hasCode } from '../error/lifeboat-error.ts';
import type { LogFinding } from './log-access.ts';
import type { LogReader, LogSpan } from './log-archive.ts';
import { spanKey, windowEnd } from './piece-key.ts';
import { higher, lower } from './positions.ts';

export interface CompareOptions {
  readonly first: LogReader;
  /** Of its vault, for people. */
  readonly firstName: string;
  readonly second: LogReader;
  readonly progress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

export interface CompareReport {
  /** Of the log, once. */
  readonly bytesCompared: number;
  /** Of kind `conflict`; keys are those of the second. */
  readonly findings: readonly LogFinding[];
}

/** Both are of one system and incarnation. What is damaged in either is not compared: a check tells of it. */
export async function compareLogs(options: CompareOptions): Promise<CompareReport> {
  const { first, second, firstName, signal } = options;
  const findings: LogFinding[] = [];
  let bytesCompared = 0;
  for (const span of await commonSpans(first, second, signal))
    for (let at = span.start; at < span.end; at = windowEnd(at)) {
      const part = { ...span, start: at, end: lower(windowEnd(at), span.end) };
      const [own, other] = [await digestOf(first, part, signal), await digestOf(second, part, signal)];
      const bytes = Number(part.end - part.start);
      options.progress?.(bytes);
      if (own === undefined || other === undefined) continue;
      bytesCompared += bytes;
      if (own === other) continue;
      const what = `holds other bytes than the vault ${firstName} at the same place of the log`;
      findings.push({ kind: 'conflict', key: spanKey(second, part, 'chunk'), what });
    }
  return { bytesCompared, findings };
}

async function commonSpans(
  first: LogReader,
  second: LogReader,
  signal: AbortSignal | undefined,
): Promise<readonly LogSpan[]> {
  const own = (await first.coverage(signal)).flatMap(({ spans }) => spans);
  const others = (await second.coverage(signal)).flatMap(({ spans }) => spans);
  return own.flatMap((span) =>
    others
      .filter(({ branch, start, end }) => branch === span.branch && start < span.end && end > span.start)
      .map(({ start, end }) => ({
        branch: span.branch,
        start: higher(start, span.start),
        end: lower(end, span.end),
      })),
  );
}

async function digestOf(
  log: LogReader,
  span: LogSpan,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of log.read(span, signal)) hash.update(bytes);
  } catch (error) {
    if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING', 'LOG_GAP')) throw error;
    return undefined;
  }
  return hash.digest('hex');
}
