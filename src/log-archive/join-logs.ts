/**
 * The logs of one system and one incarnation in several archives, read as one: what is missing or damaged in one comes
 * from the next that holds it. What they hold is looked up once, so that a recovery sees the same log from its
 * beginning to its end.
 */
import { LifeboatError } from '../error/lifeboat-error.ts';
import { contains, joined } from './coverage.ts';
import type { LogCoverage, LogGap, LogPiece, LogReader, LogSpan } from './log-archive.ts';
import { lower } from './positions.ts';

export interface NamedLog {
  /** Of the vault, for people. */
  readonly name: string;
  readonly log: LogReader;
}

export interface JoinedLog extends LogReader {
  /** Those that could be listed, in the order in which they are asked. */
  readonly names: readonly string[];
}

/** Of one archive that cannot be read, or not in parts. */
export type LogTrouble = (name: string, error: LifeboatError) => void;

interface HeldLog extends NamedLog {
  readonly held: readonly LogCoverage[];
}

/** In the order of the list; without any there is no log. Raises what the last raised when none can be listed. */
export async function joinLogs(
  { system, incarnation }: Pick<LogReader, 'system' | 'incarnation'>,
  logs: readonly NamedLog[],
  tell: LogTrouble,
  signal?: AbortSignal,
): Promise<JoinedLog> {
  const held = await listAll(logs, tell, signal);
  const coverage = joinCoverage(held);
  return {
    system,
    incarnation,
    names: held.map(({ name }) => name),
    coverage: async () => coverage,
    branches: async (stop) => [
      ...new Set((await Promise.all(held.map(({ log }) => log.branches(stop)))).flat()),
    ],
    history: (branch, stop) => firstAnswer(held, tell, ({ log }) => log.history(branch, stop), stop),
    declaredGaps: async (branch, stop) =>
      (await Promise.all(held.map(({ log }) => log.declaredGaps(branch, stop)))).flat(),
    pieces: (span, stop) => piecesOf(held, tell, span, stop),
    read: (span, stop) => readSpan(held, tell, span, stop),
  };
}

async function listAll(
  logs: readonly NamedLog[],
  tell: LogTrouble,
  signal: AbortSignal | undefined,
): Promise<readonly HeldLog[]> {
  const held: HeldLog[] = [];
  let trouble: LifeboatError | undefined;
  for (const each of logs) {
    try {
      held.push({ ...each, held: await each.log.coverage(signal) });
    } catch (error) {
      trouble = fault(error, signal);
      tell(each.name, trouble);
    }
  }
  if (held.length === 0 && trouble !== undefined) throw trouble;
  return held;
}

/** A gap is one that no archive fills; it is declared where any of them says so. */
function joinCoverage(held: readonly HeldLog[]): readonly LogCoverage[] {
  const all = Map.groupBy(
    held.flatMap((each) => each.held),
    ({ branch }) => branch,
  );
  return [...all].map(([branch, coverages]) => {
    const spans = joined(coverages.flatMap((each) => each.spans));
    const declared = coverages.flatMap(({ gaps }) => gaps.filter(({ isDeclared }) => isDeclared));
    return { branch, spans, gaps: gapsBetween(branch, spans, declared) };
  });
}

function gapsBetween(
  branch: string,
  spans: readonly LogSpan[],
  declared: readonly LogGap[],
): readonly LogGap[] {
  return spans.slice(1).map((next, at) => {
    const gap = { branch, start: spans[at]?.end ?? next.start, end: next.start };
    return { ...gap, isDeclared: declared.some((known) => contains(known, gap)) };
  });
}

async function firstAnswer<T>(
  held: readonly HeldLog[],
  tell: LogTrouble,
  ask: (log: HeldLog) => Promise<T | undefined>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  let trouble: LifeboatError | undefined;
  for (const each of held) {
    try {
      const answer = await ask(each);
      if (answer !== undefined) return answer;
    } catch (error) {
      trouble = fault(error, signal);
      tell(each.name, trouble);
    }
  }
  // nobody knows what the one that failed would have said
  if (trouble !== undefined) throw trouble;
  return undefined;
}

/** Who has what of a span, each byte from one of them; what nobody has is left out. */
async function* piecesOf(
  held: readonly HeldLog[],
  tell: LogTrouble,
  span: LogSpan,
  signal: AbortSignal | undefined,
): AsyncGenerator<LogPiece> {
  for (let at = span.start; at < span.end; ) {
    const part = nextPart(held, { ...span, start: at });
    if (part === undefined) return;
    yield* await piecesOfPart(part, tell, signal);
    at = part.span.end;
  }
}

async function piecesOfPart(
  { span, holders }: Part,
  tell: LogTrouble,
  signal: AbortSignal | undefined,
): Promise<readonly LogPiece[]> {
  const found = await firstAnswer(
    holders,
    tell,
    async ({ log }) => {
      const pieces: LogPiece[] = [];
      for await (const piece of log.pieces(span, signal)) pieces.push(piece);
      return pieces;
    },
    signal,
  );
  return found ?? [];
}

async function* readSpan(
  held: readonly HeldLog[],
  tell: LogTrouble,
  span: LogSpan,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  const failed = new Set<HeldLog>();
  let trouble: LifeboatError | undefined;
  for (let at = span.start; at < span.end; ) {
    const left = { ...span, start: at };
    const part = nextPart(
      held.filter((each) => !failed.has(each)),
      left,
    );
    const holder = part?.holders[0];
    if (part === undefined || holder === undefined || part.span.start > at)
      throw trouble ?? missing(left, held);
    try {
      for await (const bytes of holder.log.read(part.span, signal)) {
        at += BigInt(bytes.length);
        yield bytes;
      }
      // what failed before may hold what comes behind
      failed.clear();
    } catch (error) {
      trouble = fault(error, signal);
      tell(holder.name, trouble);
      failed.add(holder);
    }
  }
}

interface Part {
  readonly span: LogSpan;
  /** Those that hold all of it, in order. */
  readonly holders: readonly HeldLog[];
}

/** The first run of bytes of the span that somebody holds, as far as the first of its holders has it. */
function nextPart(held: readonly HeldLog[], { branch, start, end }: LogSpan): Part | undefined {
  const spans = held.flatMap((each) =>
    each.held
      .filter((coverage) => coverage.branch === branch)
      .flatMap((coverage) => coverage.spans)
      .filter((span) => span.end > start && span.start < end)
      .map((span) => ({ holder: each, span })),
  );
  const begins = spans.map(({ span }) => (span.start < start ? start : span.start));
  const from = begins.length === 0 ? undefined : begins.reduce(lower);
  const first = spans.find(({ span }) => from !== undefined && span.start <= from && span.end > from);
  if (first === undefined || from === undefined) return undefined;
  const part = { branch, start: from, end: lower(first.span.end, end) };
  return {
    span: part,
    holders: spans.filter(({ span }) => contains(span, part)).map(({ holder }) => holder),
  };
}

/** What is none of ours, and what the caller stopped, is passed on. */
function fault(error: unknown, signal: AbortSignal | undefined): LifeboatError {
  if (signal?.aborted || !(error instanceof LifeboatError) || error.code === 'ASSERTION') throw error;
  return error;
}

function missing({ branch, start, end }: LogSpan, held: readonly HeldLog[]): LifeboatError {
  return new LifeboatError(
    'LOG_GAP',
    `no vault holds all of the log of branch ${branch} from ${start} to ${end}`,
    {
      hint: 'Recover to a moment before it, or from a backup that was taken after it.',
      details: { vaults: held.map(({ name }) => name) },
    },
  );
}
