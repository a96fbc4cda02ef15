/**
 * Which statements belong to which transactions, as far as the log file of the server tells. A line shows the number of
 * its transaction only once that has one, and after its end no more: so statements of a session that came before, since
 * its last transaction, belong to the number that the session shows next; and a statement that was a transaction of its
 * own, logged with its duration when it was over, is told by the commit that lies within its time.
 */
import { LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';
import { readPrefix } from './line-prefix.ts';
import { type LogLine, readLogLines } from './log-lines.ts';

export interface StatementsRequest {
  readonly file: string;
  /** Of the server: `log_line_prefix`. Not needed for csvlog and jsonlog. */
  readonly prefix: string;
  readonly transactions: readonly {
    readonly xid: number;
    readonly subtransactions: readonly number[];
    readonly atUs: number;
  }[];
  readonly signal?: AbortSignal;
}

export interface FoundStatement {
  readonly text: string;
  /** `time`: not by the number of the transaction, but because no other was committed while it ran. */
  readonly by: 'xid' | 'time';
}

/** Of one session since its last transaction ended, and of one transaction. */
const statementsMax = 50;
const sessionsMax = 10_000;
const textCharsMax = 500;

/** By the number of the transaction. Raises USAGE for a prefix or a file that cannot be read. */
export async function findStatements(
  request: StatementsRequest,
): Promise<ReadonlyMap<number, readonly FoundStatement[]>> {
  const prefix = readPrefix(request.prefix);
  const isText = !/\.(?:csv|json)$/.test(request.file);
  if (prefix === undefined || (isText && !prefix.hasTransaction)) throw badPrefix(request.prefix);
  const search: Search = {
    tops: new Map(
      request.transactions.flatMap(({ xid, subtransactions }) =>
        [xid, ...subtransactions].map((each) => [each, xid] as const),
      ),
    ),
    request,
    found: new Map(),
    sessions: new Map(),
  };
  try {
    for await (const line of readLogLines(request.file, prefix, request.signal)) take(search, line);
  } catch (error) {
    if (systemErrorName(error) === undefined || request.signal?.aborted) throw error;
    throw new LifeboatError('USAGE', `the log file ${request.file} cannot be read`, {
      hint: 'Name a log file of the server that this user may read.',
      cause: error,
    });
  }
  return search.found;
}

interface Search {
  /** The transaction that a number, which may be of a subtransaction, belongs to. */
  readonly tops: ReadonlyMap<number, number>;
  readonly request: StatementsRequest;
  readonly found: Map<number, FoundStatement[]>;
  readonly sessions: Map<string, Session>;
}

interface Session {
  /** Since the last transaction ended; their number is not known yet. */
  waiting: string[];
  xid: number;
}

function take(search: Search, line: LogLine): void {
  const statement = statementOf(line.message);
  const session = sessionOf(search, line.session);
  if (line.xid !== session.xid && session.xid !== 0) session.waiting = [];
  session.xid = line.xid;
  if (line.xid !== 0) takeNumbered(search, session, line.xid, statement);
  else if (statement !== undefined) takeUnnumbered(search, session, line, statement);
}

function takeNumbered(search: Search, session: Session, xid: number, statement?: Statement): void {
  const top = search.tops.get(xid);
  const texts = [...session.waiting, ...(statement === undefined ? [] : [statement.text])];
  if (top !== undefined) for (const text of texts) note(search, top, { text, by: 'xid' });
  session.waiting = [];
}

function takeUnnumbered(
  search: Search,
  session: Session,
  line: LogLine,
  { text, durationMs }: Statement,
): void {
  const alone = changesNothing(text) ? undefined : committedWhile(search, line, durationMs);
  if (alone !== undefined) note(search, alone, { text, by: 'time' });
  const isInside = opensTransaction(session.waiting[0] ?? '') && !opensTransaction(text);
  const isOver = endsTransaction(text) || (durationMs !== undefined && !isInside && !opensTransaction(text));
  // outside of BEGIN and COMMIT each statement is a transaction of its own
  session.waiting = isOver ? [] : [...(isInside ? session.waiting : []), text].slice(0, statementsMax);
}

function sessionOf({ sessions }: Search, name: string): Session {
  const known = sessions.get(name) ?? { waiting: [], xid: 0 };
  // the one that was silent for longest is forgotten
  sessions.delete(name);
  sessions.set(name, known);
  const [oldest] = sessions.keys();
  if (sessions.size > sessionsMax && oldest !== undefined) sessions.delete(oldest);
  return known;
}

function note({ found }: Search, xid: number, statement: FoundStatement): void {
  const own = found.get(xid) ?? [];
  const text = statement.text.slice(0, textCharsMax);
  const isTold = own.some((each) => each.text === text);
  if (own.length < statementsMax && !isTold) own.push({ ...statement, text });
  found.set(xid, own);
}

interface Statement {
  readonly text: string;
  readonly durationMs?: number;
}

function statementOf(message: string): Statement | undefined {
  const match =
    /^(?:duration: (?<duration>[\d.]+) ms {2})?(?:statement|execute [^:]*|fastpath function call): (?<text>[\s\S]*)$/.exec(
      message,
    );
  const { duration, text } = match?.groups ?? {};
  if (text === undefined) return undefined;
  return { text: text.trim(), ...(duration === undefined ? {} : { durationMs: Number(duration) }) };
}

function opensTransaction(text: string): boolean {
  return /^\s*(?:begin|start\s+transaction)\b/i.test(text);
}

function endsTransaction(text: string): boolean {
  return /^\s*(?:commit|end|rollback|abort)\b(?!\s+(?:to|prepared)\b)/i.test(text);
}

/** Statements that change nothing commit nothing. */
function changesNothing(text: string): boolean {
  return (
    /^\s*(?:select|show|begin|start|set|fetch|explain)\b(?![\s\S]*\binto\b)/i.test(text) ||
    endsTransaction(text)
  );
}

/** The times of lines are cut to milliseconds, and the duration is measured from a little before. */
const slackMs = 1;

function committedWhile(
  { request }: Search,
  { atMs }: LogLine,
  durationMs: number | undefined,
): number | undefined {
  if (atMs === undefined || durationMs === undefined) return undefined;
  const within = request.transactions.filter(({ atUs }) => {
    const ms = atUs / 1000;
    return ms >= atMs - durationMs - slackMs && ms <= atMs + slackMs;
  });
  return within.length === 1 ? within[0]?.xid : undefined;
}

function badPrefix(prefix: string): LifeboatError {
  return new LifeboatError('USAGE', `"${prefix}" is no log_line_prefix that tells of transactions`, {
    hint: "Give --log-line-prefix what `SHOW log_line_prefix` says on the server; it must have %x in it, as in '%m [%p] %x '.",
  });
}
