/** Draws places to go to, of all kinds, and goes there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { gatherGround } from '../../src/source/postgres/recovery/gather-ground.ts';
import { type RecoveredCluster, recoverCluster } from '../../src/source/postgres/recovery/recover-cluster.ts';
import { describeTarget, type RecoveryTarget } from '../../src/source/postgres/recovery/recovery-target.ts';
import { resolveRecovery } from '../../src/source/postgres/recovery/resolve-recovery.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { DumpedRecord } from '../support/wal-dump.ts';
import { effectKey } from './places-history.ts';
import { type Expected, expect, pathTo } from './places-model.ts';
import { type PlacesScene, segmentBytes } from './places-scene.ts';

export interface Wish {
  readonly target: RecoveryTarget;
  readonly timeline: 'latest' | number;
  /** In the archive that lacks something between the backups. */
  readonly isTorn: boolean;
}

const latest = 3;
const draws = [
  atCommit,
  betweenCommits,
  atTransaction,
  atTransaction,
  atRecord,
  insideRecord,
  atName,
  atPart,
  tooEarly,
  tooLate,
  otherBranch,
  beyondTheLast,
  behindTheGap,
  toEnd,
] as const;

/** One of each kind in turn. */
export function drawWish(scene: PlacesScene, random: SeededRandom, round: number): Wish {
  const draw = draws[round % draws.length] ?? toEnd;
  return draw(scene, random);
}

function ends(path: readonly DumpedRecord[]): readonly (DumpedRecord & { readonly atUs: number })[] {
  return path.flatMap((record) => (record.atUs === undefined ? [] : [{ ...record, atUs: record.atUs }]));
}

function pickTimeline(random: SeededRandom): number {
  return random.pick([1, 2, 3, 3, 3]);
}

function wish(target: RecoveryTarget, timeline: number): Wish {
  return { target, timeline: timeline === latest ? 'latest' : timeline, isTorn: false };
}

function atCommit(scene: PlacesScene, random: SeededRandom): Wish {
  const timeline = pickTimeline(random);
  const { atUs } = random.pick(ends(pathTo(scene, timeline)));
  return wish({ kind: 'time', atUs, inclusive: random.below(2) === 0 }, timeline);
}

function betweenCommits(scene: PlacesScene, random: SeededRandom): Wish {
  const timeline = pickTimeline(random);
  const path = ends(pathTo(scene, timeline));
  const index = random.below(path.length - 1);
  const [before = 0, after = 0] = [path[index]?.atUs, path[index + 1]?.atUs];
  const atUs = Math.floor((before + after) / 2);
  return wish({ kind: 'time', atUs, inclusive: random.below(2) === 0 }, timeline);
}

function atTransaction(scene: PlacesScene, random: SeededRandom): Wish {
  const timeline = pickTimeline(random);
  const { xid } = random.pick(ends(pathTo(scene, timeline)));
  return wish({ kind: 'xid', xid, inclusive: random.below(2) === 0 }, timeline);
}

function atRecord(scene: PlacesScene, random: SeededRandom): Wish {
  const timeline = pickTimeline(random);
  const { lsn } = random.pick(pathTo(scene, timeline));
  return wish({ kind: 'lsn', lsn, inclusive: random.below(2) === 0 }, timeline);
}

function insideRecord(scene: PlacesScene, random: SeededRandom): Wish {
  const timeline = pickTimeline(random);
  const { lsn } = random.pick(pathTo(scene, timeline));
  return wish(
    { kind: 'lsn', lsn: lsn + 1n + BigInt(random.below(20)), inclusive: random.below(2) === 0 },
    timeline,
  );
}

function atName({ work }: PlacesScene, random: SeededRandom): Wish {
  const name = random.below(6) === 0 ? 'never made' : random.pick(work.names);
  return wish({ kind: 'name', name }, pickTimeline(random));
}

function atPart({ work }: PlacesScene, random: SeededRandom): Wish {
  return wish({ kind: 'xid', xid: random.pick(work.parts), inclusive: true }, pickTimeline(random));
}

function tooEarly({ points }: PlacesScene, random: SeededRandom): Wish {
  const [oldest] = points;
  assert.ok(oldest);
  const target: RecoveryTarget =
    random.below(2) === 0
      ? { kind: 'lsn', lsn: oldest.at - 1n - BigInt(random.below(100)), inclusive: true }
      : { kind: 'time', atUs: (oldest.capturedAtMs - 1 - random.below(1000)) * 1000, inclusive: true };
  return wish(target, latest);
}

function tooLate(scene: PlacesScene, random: SeededRandom): Wish {
  const last = ends(pathTo(scene, latest)).at(-1);
  assert.ok(last);
  const target: RecoveryTarget =
    random.below(2) === 0
      ? { kind: 'lsn', lsn: last.lsn + 1_000_000n, inclusive: true }
      : { kind: 'time', atUs: last.atUs + 60_000_000, inclusive: random.below(2) === 0 };
  return wish(target, latest);
}

/** What the first timeline wrote after the others had left it: there, and nowhere else. */
function otherBranch(scene: PlacesScene, random: SeededRandom): Wish {
  const left = scene.switches.get(1) ?? 0n;
  const tail = (scene.records.get(1) ?? []).filter(({ lsn }) => lsn >= left);
  const timeline = random.pick([1, latest]);
  const named = tail.filter(({ name }) => name !== undefined);
  const { name = '' } = random.pick(named);
  const { xid } = random.pick(ends(tail));
  return wish(
    random.below(2) === 0 ? { kind: 'xid', xid, inclusive: true } : { kind: 'name', name },
    timeline,
  );
}

/** Between the last transaction and the last sign of life. */
function beyondTheLast(scene: PlacesScene, random: SeededRandom): Wish {
  const timeline = pickTimeline(random);
  const worked = ends(pathTo(scene, timeline)).filter((record) =>
    scene.work.effects.has(effectKey(record.timeline, record.xid)),
  );
  const atUs = (worked.at(-1)?.atUs ?? 0) + random.below(300_000);
  return wish({ kind: 'time', atUs, inclusive: true }, timeline);
}

function behindTheGap(scene: PlacesScene, random: SeededRandom): Wish {
  const path = ends(pathTo(scene, latest)).filter(({ lsn }) => lsn > (scene.points[0]?.at ?? 0n));
  const { xid, lsn } = random.pick(path);
  const target: RecoveryTarget =
    random.below(2) === 0 ? { kind: 'xid', xid, inclusive: true } : { kind: 'lsn', lsn, inclusive: true };
  return { ...wish(target, latest), isTorn: true };
}

function toEnd(_scene: PlacesScene, random: SeededRandom): Wish {
  return wish({ kind: 'end' }, pickTimeline(random));
}

/** What happened, in words. Raises when it is not what it must be. */
export async function goTo(scene: PlacesScene, random: SeededRandom, asked: Wish): Promise<string> {
  const { target, timeline, isTorn } = asked;
  const log = isTorn ? scene.torn : scene.log;
  const expected = isTorn
    ? expectTorn(scene, target)
    : expect(scene, target, timeline === 'latest' ? latest : timeline);
  const words = `${describeTarget(target)} on ${timeline}${isTorn ? ', torn' : ''}`;
  const { ground, histories } = await gatherGround(log, { points: scene.points, segmentBytes, target });
  const choice = resolveRecovery(ground, { target, timeline });
  if (choice.kind === 'refused') {
    const isRight =
      expected.kind === 'refused' ? expected.why.includes(choice.why) : expected.kind !== 'rows';
    assert.ok(
      isRight,
      `${words}: refused (${choice.why}: ${choice.reason}), and ${textOf(expected)} was expected`,
    );
    return `${words}: refused, ${choice.why}`;
  }
  assert.ok(expected.kind !== 'refused', `${words}: chosen, and ${textOf(expected)} was expected`);
  const data = path.join(scene.folder, 'copy', 'data');
  fs.mkdirSync(path.dirname(data));
  try {
    execFileSync('cp', ['-a', scene.bases.get(choice.point.id) ?? '', data]);
    await using recovered = await recoverCluster({
      ...{ data, target, choice, log, histories, tablespaces: new Map(), user: scene.server.runsAs },
      programs: { folder: scene.server.programs, major: scene.server.version, version: '' },
      ...{ work: path.join(scene.folder, 'copy', 'work'), isDurable: false },
    });
    assert.equal(await rowsOf(recovered), expected.rows, `${words}: ${recovered.proof}`);
    const opens = random.below(4) === 0;
    if (opens) await recovered.promote();
    if (opens) assert.equal(await rowsOf(recovered), expected.rows, `${words}, opened: ${recovered.proof}`);
    return `${words}: ${recovered.proof}`;
  } finally {
    fs.rmSync(path.dirname(data), { recursive: true, force: true });
  }
}

/** What lies behind the gap and before the second backup cannot be reached; all else can. */
function expectTorn(scene: PlacesScene, target: RecoveryTarget): Expected {
  const lsn =
    target.kind === 'lsn'
      ? target.lsn
      : pathTo(scene, latest).find(({ ended, xid }) => target.kind === 'xid' && ended && xid === target.xid)
          ?.lsn;
  const second = scene.points[1]?.at ?? 0n;
  assert.ok(lsn !== undefined);
  if (lsn >= second) return expect(scene, target, latest);
  const path = pathTo(scene, latest);
  const next = path.find((record) => record.lsn > lsn)?.lsn ?? lsn;
  if (next < scene.gap.start) return expect(scene, target, latest);
  return { kind: 'refused', why: ['gap', 'unknown-transaction'] };
}

function textOf(expected: Expected): string {
  return expected.kind === 'refused' ? `a refusal (${expected.why.join(' or ')})` : 'a recovery';
}

async function rowsOf({ server }: RecoveredCluster): Promise<string> {
  await using connection = await server.connect('postgres');
  return (
    (await connection.query("select coalesce(string_agg(id::text, ',' order by id), '') from t"))
      .rows[0]?.[0] ?? ''
  );
}
