import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SeededRandom, seededRandom } from '../../../../test/support/seeded-random.ts';
import { hasCode } from '../../../error/lifeboat-error.ts';
import { branchName } from '../wal/segment-name.ts';
import type { TimelineHistory } from '../wal/timeline-history.ts';
import type { BasePoint, MarkedSpan, RecoveryGround, TransactionFact } from './recovery-ground.ts';
import type { RecoveryTarget } from './recovery-target.ts';
import { requireRecovery, resolveRecovery } from './resolve-recovery.ts';

/*
 * A small world: the log is made of units of 16 bytes, each a record of its own, some of them commits; segments have 4
 * units. Timelines leave one another at units; the archive lacks some units. What can be reached from which backup is
 * found out by walking unit by unit, and the resolver must say the same.
 */
const unit = 16n;
const segmentBytes = 64;
const rounds = 4000;
const seed = 5;

interface World {
  readonly ground: RecoveryGround;
  readonly timelines: readonly number[];
  /** Units that the archive holds, by timeline. */
  readonly held: ReadonlyMap<number, ReadonlySet<number>>;
  readonly length: number;
}

test('the resolver chooses the newest backup from which a target can be reached, or refuses', () => {
  const random = seededRandom(seed);
  const seen = { chosen: 0, refused: 0 };
  for (let round = 0; round < rounds; round++) {
    const world = makeWorld(random);
    const timeline = random.pick(world.timelines);
    const target = makeTarget(random, world);
    const choice = resolveRecovery(world.ground, { target, timeline });
    const able = world.ground.points.filter((point) => canReach(world, point, timeline, target));
    const best = able.toSorted((a, b) => Number(b.at - a.at))[0];
    const where = `seed ${seed}, round ${round}, ${target.kind}`;
    assert.equal(choice.kind === 'chosen' ? choice.point.at : undefined, best?.at, where);
    seen[choice.kind]++;
  }
  assert.ok(seen.chosen > 500 && seen.refused > 500, JSON.stringify(seen));
});

test('a refusal is an error with its reason and the next step', () => {
  const ground: RecoveryGround = {
    ...{ systemId: '7', segmentBytes, coverage: [], histories: new Map(), pieces: [], points: [] },
  };
  const request = { target: { kind: 'end' } as const, timeline: 'latest' as const };
  assert.throws(
    () => requireRecovery(ground, request),
    (error) =>
      hasCode(error, 'TARGET_UNREACHABLE') &&
      error.message === 'there is no base backup' &&
      error.hint !== '',
  );
  const point: BasePoint = {
    id: 'a',
    systemId: '8',
    timeline: 1,
    base: 0n,
    at: 0n,
    capturedAtMs: 0,
    hasLog: true,
  };
  const other = resolveRecovery({ ...ground, points: [point] }, request);
  assert.equal(other.kind === 'refused' ? other.why : '', 'wrong-system');
  const unknown = resolveRecovery(
    { ...ground, points: [{ ...point, systemId: '7' }] },
    { ...request, timeline: 4 },
  );
  assert.equal(unknown.kind === 'refused' ? unknown.why : '', 'no-timeline');
});

/** Of timeline 2, which left the first at 96, which went on. */
function twoTimelines(): RecoveryGround {
  const point = { systemId: '7', timeline: 1, hasLog: true };
  const span = (timeline: number, start: bigint, end: bigint) => ({
    branch: branchName(timeline),
    start,
    end,
  });
  const marks = (lastCommitAtMs: number, names: readonly string[], end: bigint) => ({
    ...{ commits: 1, firstCommitAtMs: lastCommitAtMs, lastCommitAtMs },
    names: names.map((name) => ({ name, end, atMs: lastCommitAtMs })),
  });
  return {
    ...{ systemId: '7', segmentBytes },
    points: [
      { ...point, id: 'old', base: 0n, at: 16n, capturedAtMs: 100 },
      { ...point, id: 'new', base: 48n, at: 64n, capturedAtMs: 400 },
    ],
    coverage: [span(1, 0n, 160n), span(2, 64n, 160n)].map((own) => ({
      branch: own.branch,
      spans: [own],
      gaps: [],
    })),
    histories: new Map([[2, { timeline: 2, ancestors: [{ timeline: 1, end: 96n, reason: '' }] }]]),
    pieces: [
      { ...span(1, 0n, 48n), marks: marks(300, ['twice', 'early'], 48n) },
      { ...span(1, 48n, 96n), marks: marks(500, ['twice'], 80n) },
      { ...span(1, 96n, 160n), marks: marks(900, ['left behind'], 112n) },
      { ...span(2, 96n, 160n), marks: marks(800, ['late'], 128n) },
    ],
    next: new Map([
      [1, 80n],
      [2, 112n],
    ]),
  };
}

test('a server that stops on an older timeline is told of that one, lest its own follows the newer', () => {
  const ground = twoTimelines();
  const timelineOf = (target: RecoveryTarget): number | undefined => {
    const choice = resolveRecovery(ground, { target, timeline: 'latest' });
    return choice.kind === 'chosen' ? choice.timeline : undefined;
  };
  const targets: readonly (readonly [RecoveryTarget, number | undefined])[] = [
    [{ kind: 'time', atUs: 450_000, inclusive: true }, 1],
    [{ kind: 'time', atUs: 600_000, inclusive: true }, 2],
    [{ kind: 'lsn', lsn: 70n, inclusive: true }, 1],
    [{ kind: 'lsn', lsn: 100n, inclusive: true }, 2],
    [{ kind: 'name', name: 'early' }, 1],
    [{ kind: 'name', name: 'late' }, 2],
    [{ kind: 'name', name: 'left behind' }, undefined],
    [{ kind: 'consistent' }, 1],
    [{ kind: 'end' }, 2],
  ];
  for (const [target, timeline] of targets)
    assert.equal(timelineOf(target), timeline, `${target.kind} ${'atUs' in target ? target.atUs : ''}`);
});

test('what lies right before a hole can be had by the LSN that the refusal names', () => {
  const ground = twoTimelines();
  const [first, second] = ground.coverage;
  assert.ok(first && second);
  const spans = [
    { branch: second.branch, start: 64n, end: 112n },
    { branch: second.branch, start: 128n, end: 160n },
  ];
  const torn = { ...ground, coverage: [first, { ...second, spans }] };
  const end = resolveRecovery(torn, { target: { kind: 'end' }, timeline: 'latest' });
  assert.match(end.kind === 'refused' ? end.hint : '', /lsn:0\/70 can be reached/);
  const before = resolveRecovery(torn, {
    target: { kind: 'lsn', lsn: 112n, inclusive: true },
    timeline: 'latest',
  });
  assert.equal(before.kind === 'chosen' ? before.finish : before.why, 'end');
});

test('a name that was given twice is refused, also where only one of them lies behind the newest backup', () => {
  const choice = resolveRecovery(twoTimelines(), {
    target: { kind: 'name', name: 'twice' },
    timeline: 'latest',
  });
  assert.equal(choice.kind === 'refused' ? choice.why : '', 'ambiguous');
});

function makeWorld(random: SeededRandom): World {
  const length = 20 + random.below(30);
  const histories = new Map<number, TimelineHistory>();
  const timelines = [1];
  for (let timeline = 2; timeline <= 1 + random.below(3); timeline++) {
    const parent = random.pick(timelines);
    const before = histories.get(parent)?.ancestors ?? [];
    const from = Number(before.at(-1)?.end ?? 0n) / 16;
    const end = BigInt(from + random.below(length - from)) * unit;
    histories.set(timeline, { timeline, ancestors: [...before, { timeline: parent, end, reason: '' }] });
    timelines.push(timeline);
  }
  const held = new Map(
    timelines.map((timeline) => [timeline, holdSome(random, histories.get(timeline), length)]),
  );
  const facts = timelines.flatMap((timeline) => commitsOf(timeline, held.get(timeline) ?? new Set()));
  const ground: RecoveryGround = {
    systemId: '7',
    segmentBytes,
    points: Array.from({ length: 1 + random.below(4) }, (_, index) =>
      makePoint(random, index, random.pick(timelines), length),
    ),
    coverage: timelines.map((timeline) => coverageOf(timeline, held.get(timeline) ?? new Set())),
    histories,
    pieces: timelines.flatMap((timeline) => piecesOf(timeline, held.get(timeline) ?? new Set())),
    transactions: facts,
  };
  return { ground, timelines, held, length };
}

/** A timeline's own bytes begin where it left its parent; a few units are lost now and then. */
function holdSome(
  random: SeededRandom,
  history: TimelineHistory | undefined,
  length: number,
): ReadonlySet<number> {
  const from = Number(history?.ancestors.at(-1)?.end ?? 0n) / 16;
  const end = from + random.below(length - from + 1);
  const lost = random.below(3) === 0 ? from + random.below(length) : -1;
  return new Set(Array.from({ length: end - from }, (_, index) => from + index).filter((at) => at !== lost));
}

function makePoint(random: SeededRandom, index: number, timeline: number, length: number): BasePoint {
  const base = random.below(length - 2);
  const at = base + 1 + random.below(Math.min(6, length - base - 1));
  return {
    ...{ id: `point ${index}`, systemId: '7', timeline, hasLog: random.below(2) === 0 },
    base: BigInt(base) * unit,
    // Apart from one another, so that the newest is one.
    at: BigInt(at) * unit,
    capturedAtMs: at * 10 - 5,
  };
}

function makeTarget(random: SeededRandom, { length }: World): RecoveryTarget {
  const at = random.below(length + 3);
  const inclusive = random.below(2) === 0;
  switch (random.below(4)) {
    case 0:
      return { kind: 'lsn', lsn: BigInt(at) * unit, inclusive };
    case 1:
      return { kind: 'xid', xid: xidAt(1 + random.below(3), at), inclusive };
    case 2:
      return { kind: 'time', atUs: (at * 10 + random.below(10)) * 1000 + 500, inclusive };
    default:
      return { kind: random.below(2) === 0 ? 'end' : 'consistent' };
  }
}

/** Every third unit is a commit, ten milliseconds a unit; the same unit of another timeline is another transaction. */
function isCommit(at: number): boolean {
  return at % 3 === 0;
}

function xidAt(timeline: number, at: number): number {
  return timeline * 1000 + at;
}

function commitsOf(timeline: number, held: ReadonlySet<number>): readonly TransactionFact[] {
  return [...held].filter(isCommit).map((at) => ({
    ...{
      kind: 'commit' as const,
      timeline,
      xid: xidAt(timeline, at),
      atUs: at * 10_000,
      subtransactions: [],
    },
    start: BigInt(at) * unit,
    end: BigInt(at + 1) * unit,
  }));
}

function piecesOf(timeline: number, held: ReadonlySet<number>): readonly MarkedSpan[] {
  return [...held].map((at) => ({
    branch: branchName(timeline),
    start: BigInt(at) * unit,
    end: BigInt(at + 1) * unit,
    marks: { commits: isCommit(at) ? 1 : 0, names: [], ...(isCommit(at) ? { lastCommitAtMs: at * 10 } : {}) },
  }));
}

function coverageOf(timeline: number, held: ReadonlySet<number>) {
  const branch = branchName(timeline);
  const spans: { branch: string; start: bigint; end: bigint }[] = [];
  for (const at of held) {
    const last = spans.at(-1);
    if (last !== undefined && last.end === BigInt(at) * unit) last.end += unit;
    else spans.push({ branch, start: BigInt(at) * unit, end: BigInt(at + 1) * unit });
  }
  return { branch, spans, gaps: [] };
}

/** By walking the timeline's past unit by unit. */
function canReach(world: World, point: BasePoint, timeline: number, target: RecoveryTarget): boolean {
  const ancestors = world.ground.histories.get(timeline)?.ancestors ?? [];
  const owner = (at: number): number =>
    ancestors.find(({ end }) => BigInt(at) * unit < end)?.timeline ?? timeline;
  const isHeld = (at: number): boolean => world.held.get(owner(at))?.has(at) ?? false;
  const at = Number(point.at) / 16;
  // Where one timeline becomes the next, the state is of both.
  if (owner(at - 1) !== point.timeline && owner(at) !== point.timeline) return false;
  const first = point.hasLog ? at : (Number(point.base) / segmentBytes) | 0;
  let reach = point.hasLog ? at : first * 4;
  while (reach < world.length && isHeld(reach)) reach++;
  const isComplete = !Array.from({ length: world.length - reach }, (_, more) => reach + more).some(isHeld);
  if (reach < at) return false;
  const onPath = Array.from({ length: reach }, (_, index) => index).filter(
    (each) => each >= Number(point.base) / 16 && isHeld(each),
  );
  switch (target.kind) {
    case 'end':
      return isComplete;
    case 'consistent':
      return true;
    case 'lsn':
      return target.lsn >= point.at && target.lsn <= BigInt(reach) * unit;
    case 'xid':
      return onPath.some((each) => each >= at && isCommit(each) && xidAt(owner(each), each) === target.xid);
    case 'time':
      // In this world nobody writes heartbeats: a time is known to have passed by a later commit only.
      return (
        target.atUs >= point.capturedAtMs * 1000 &&
        onPath.some((each) => each >= at && isCommit(each) && each * 10_000 > target.atUs)
      );
    default:
      return false;
  }
}
