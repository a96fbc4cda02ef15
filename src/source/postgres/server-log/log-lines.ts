/** The lines of a server's log file, in any of its three forms: text (`stderr`), `csvlog`, `jsonlog`. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { PrefixPattern } from './line-prefix.ts';

export interface LogLine {
  /** Milliseconds since 1970; absent where its zone is no offset. */
  readonly atMs?: number;
  readonly session: string;
  /** 0: none had been given to the transaction yet. */
  readonly xid: number;
  readonly severity: string;
  readonly message: string;
}

/** A statement of this length tells enough; what is longer is cut. */
const messageCharsMax = 100_000;

export async function* readLogLines(
  file: string,
  prefix: PrefixPattern,
  signal?: AbortSignal,
): AsyncGenerator<LogLine> {
  const lines = physicalLines(file, signal);
  const entries = file.endsWith('.csv')
    ? csvEntries(lines)
    : file.endsWith('.json')
      ? jsonEntries(lines)
      : textEntries(lines, prefix);
  yield* entries;
}

async function* physicalLines(file: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const input = createReadStream(file, { ...(signal && { signal }) });
  // without it an error before the first line would be nobody's
  const failed = new Promise<never>((_, reject) => input.once('error', reject));
  failed.catch(() => undefined);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done === true) return;
    yield next.value;
  }
}

async function* textEntries(lines: AsyncIterable<string>, prefix: PrefixPattern): AsyncGenerator<LogLine> {
  let text: string | undefined;
  for await (const line of lines) {
    // what belongs to the line above is moved in by a tab
    if (line.startsWith('\t') && text !== undefined) {
      if (text.length < messageCharsMax) text += `\n${line.slice(1)}`;
      continue;
    }
    if (text !== undefined) yield* textEntry(text, prefix);
    text = line;
  }
  if (text !== undefined) yield* textEntry(text, prefix);
}

function* textEntry(text: string, { pattern }: PrefixPattern): Generator<LogLine> {
  const groups = pattern.exec(text)?.groups;
  if (groups === undefined) return;
  const { time, epoch, session, process, xid, severity = '', message = '' } = groups;
  const atMs = epoch === undefined ? (time === undefined ? undefined : timeOf(time)) : Number(epoch) * 1000;
  yield lineOf({ atMs, session: session ?? process ?? '', xid: Number(xid ?? 0), severity, message });
}

async function* csvEntries(lines: AsyncIterable<string>): AsyncGenerator<LogLine> {
  let text = '';
  for await (const line of lines) {
    text = text === '' ? line : `${text}\n${line}`;
    const isOpen = (text.split('"').length - 1) % 2 === 1;
    if (isOpen && text.length < messageCharsMax) continue;
    const fields = csvFields(text);
    text = '';
    // log_time, user, database, process, …, session_id (5), …, transaction_id (10), severity, state, message (13)
    const [time = '', session = '', xid = '', severity = '', message] = [0, 5, 10, 11, 13].map(
      (index) => fields[index],
    );
    if (message === undefined) continue;
    yield lineOf({ atMs: timeOf(time), session, xid: Number(xid), severity, message });
  }
}

function csvFields(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
  );
}

async function* jsonEntries(lines: AsyncIterable<string>): AsyncGenerator<LogLine> {
  for await (const line of lines) {
    const entry = parsed(line);
    if (entry === undefined) continue;
    const text = (name: string): string => {
      const value = entry[name];
      return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    };
    yield lineOf({
      atMs: timeOf(text('timestamp')),
      session: text('session_id'),
      xid: Number(text('txid')),
      severity: text('error_severity'),
      message: text('message'),
    });
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    // the last line of a file that is being written
    return undefined;
  }
}

function lineOf({ atMs, ...line }: Omit<LogLine, 'atMs'> & { readonly atMs: number | undefined }): LogLine {
  return { ...line, ...(atMs === undefined ? {} : { atMs }) };
}

/** Names of zones other than UTC are not unique: such times are not known. */
function timeOf(text: string): number | undefined {
  const match = /^(\S+) (\S+) (\S+)$/.exec(text);
  if (match === null) return undefined;
  const [, day, clock, zone = ''] = match;
  const offset = /^(?:UTC|GMT|Z)$/.test(zone) ? 'Z' : /^[+-]\d\d(?::?\d\d)?$/.test(zone) ? zone : undefined;
  if (offset === undefined) return undefined;
  const ms = Date.parse(`${day}T${clock}${offset.length === 3 ? `${offset}:00` : offset}`);
  return Number.isNaN(ms) ? undefined : ms;
}
