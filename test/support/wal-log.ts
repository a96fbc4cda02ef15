/** The log of a server's own `pg_wal`, as a log archive would give it; with holes and damage where a test wants them. */
import fs from 'node:fs';
import path from 'node:path';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import type { LogMarks, LogReader, LogSpan } from '../../src/log-archive/log-archive.ts';
import type {
  BasePoint,
  MarkedSpan,
  RecoveryGround,
  TransactionFact,
} from '../../src/source/postgres/recovery/recovery-ground.ts';
import { createMarkReader } from '../../src/source/postgres/wal/log-marks.ts';
import { branchName, parseSegmentName } from '../../src/source/postgres/wal/segment-name.ts';
import { parseTimelineHistory } from '../../src/source/postgres/wal/timeline-history.ts';
import { createWalReader } from '../../src/source/postgres/wal/wal-reader.ts';

export interface WalBranch {
  readonly timeline: number;
  /** The LSN of the first byte of `bytes`, and where what was written begins and ends. */
  readonly first: bigint;
  readonly start: bigint;
  readonly end: bigint;
  readonly bytes: Buffer;
}

/** All segments of a timeline in a `pg_wal`, up to `end`. */
export function readBranch(
  folder: string,
  timeline: number,
  segmentBytes: number,
  bounds: { start?: bigint; end: bigint },
): WalBranch {
  const segments = fs
    .readdirSync(folder)
    .flatMap((name) => {
      const segment = parseSegmentName(name, segmentBytes);
      return segment === undefined || segment.timeline !== timeline || segment.start >= bounds.end
        ? []
        : [{ name, start: segment.start }];
    })
    .sort((a, b) => Number(a.start - b.start));
  const first = segments[0]?.start ?? 0n;
  const bytes = Buffer.concat(segments.map(({ name }) => fs.readFileSync(path.join(folder, name))));
  return { timeline, first, start: bounds.start ?? first, end: bounds.end, bytes };
}

export interface WalLogOptions {
  readonly systemId: string;
  readonly branches: readonly WalBranch[];
  readonly histories?: ReadonlyMap<number, Uint8Array>;
  /** Spans that the archive does not have, and says so. */
  readonly holes?: readonly LogSpan[];
  /** Reading what holds this byte fails, although the archive has it by its own account. */
  readonly damagedAt?: bigint;
  /** Called with every span that is read; may wait. */
  readonly onRead?: (span: LogSpan) => Promise<void>;
}

export function walLog(options: WalLogOptions): LogReader {
  const histories = options.histories ?? new Map<number, Uint8Array>();
  return {
    system: 'shop',
    incarnation: options.systemId,
    coverage: async () => options.branches.map((branch) => coverageOf(branch, options.holes ?? [])),
    declaredGaps: async () => [],
    pieces: () => {
      throw new Error('not needed here');
    },
    async *read(span) {
      await options.onRead?.(span);
      const branch = options.branches.find(({ timeline }) => branchName(timeline) === span.branch);
      const held = branch === undefined ? [] : coverageOf(branch, options.holes ?? []).spans;
      if (branch === undefined || !held.some(({ start, end }) => start <= span.start && end >= span.end))
        throw new LifeboatError('OBJECT_MISSING', 'a piece of the log is not there');
      if (options.damagedAt !== undefined && options.damagedAt >= span.start && options.damagedAt < span.end)
        throw new LifeboatError('OBJECT_DAMAGED', 'a piece of the log does not open');
      const bytes = branch.bytes.subarray(Number(span.start - branch.first), Number(span.end - branch.first));
      for (let at = 0; at < bytes.length; at += 300_000) yield bytes.subarray(at, at + 300_000);
    },
    history: async (branch) => {
      const text = histories.get(Number.parseInt(branch, 16));
      return text === undefined ? undefined : Buffer.from(text);
    },
    branches: async () => options.branches.map(({ timeline }) => branchName(timeline)),
  };
}

function coverageOf(branch: WalBranch, holes: readonly LogSpan[]) {
  const name = branchName(branch.timeline);
  const gaps = holes.filter(({ branch: of }) => of === name).map((hole) => ({ ...hole, isDeclared: false }));
  const edges = [branch.start, ...gaps.flatMap(({ start, end }) => [start, end]), branch.end];
  const spans = Array.from({ length: edges.length / 2 }, (_, index) => ({
    branch: name,
    start: edges[index * 2] ?? 0n,
    end: edges[index * 2 + 1] ?? 0n,
  })).filter(({ start, end }) => start < end);
  return { branch: name, spans, gaps };
}

/** What a caller of the resolver knows of such a log. */
export function groundOf(
  options: WalLogOptions,
  points: readonly BasePoint[],
  segmentBytes: number,
): RecoveryGround {
  const tails = new Map<number, { start: bigint; end: bigint }>();
  const transactions: TransactionFact[] = [];
  for (const branch of options.branches) {
    const reader = createWalReader({
      start: branch.first,
      segmentBytes,
      tellsAll: true,
      onRecord: ({ start, end, body }) => {
        if (end <= branch.start) return;
        tails.set(branch.timeline, { start, end });
        if (body.kind === 'commit' || body.kind === 'abort')
          transactions.push({ ...body, timeline: branch.timeline, start, end });
      },
    });
    reader.feed(branch.bytes.subarray(0, Number(branch.end - branch.first)));
  }
  const histories = [...(options.histories ?? [])].map(
    ([timeline, text]) => [timeline, parseTimelineHistory(timeline, Buffer.from(text).toString())] as const,
  );
  return {
    ...{ systemId: options.systemId, segmentBytes, points, tails, transactions },
    coverage: options.branches.map((branch) => coverageOf(branch, options.holes ?? [])),
    histories: new Map(histories),
    pieces: options.branches.flatMap((branch) => piecesOf(branch, segmentBytes)),
  };
}

const pieceBytes = 100_000;

function piecesOf(branch: WalBranch, segmentBytes: number): readonly MarkedSpan[] {
  const reader = createMarkReader({ start: branch.first, segmentBytes });
  const pieces: MarkedSpan[] = [];
  for (let at = branch.first; at < branch.end; ) {
    const end = at + BigInt(pieceBytes) < branch.end ? at + BigInt(pieceBytes) : branch.end;
    const marks: LogMarks = reader.take(
      branch.bytes.subarray(Number(at - branch.first), Number(end - branch.first)),
    );
    if (end > branch.start) pieces.push({ branch: branchName(branch.timeline), start: at, end, marks });
    at = end;
  }
  return pieces;
}
