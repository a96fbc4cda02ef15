import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noMarks } from '../../../log-archive/log-archive.ts';
import { branchName } from '../wal/segment-name.ts';
import { firstTimeline } from '../wal/timeline-history.ts';
import type { BasePoint, MarkedSpan, RecoveryGround } from './recovery-ground.ts';
import { pathFrom } from './recovery-path.ts';
import { fitOf } from './target-on-path.ts';

/** More than a call takes arguments. */
const pieceCount = 200_000;

test('a path of very many pieces is known until its last commit', () => {
  const branch = branchName(1);
  const pieces = Array.from(
    { length: pieceCount },
    (_, at): MarkedSpan => ({
      ...{ branch, start: BigInt(at), end: BigInt(at + 1) },
      marks: { ...noMarks, lastCommitAtMs: at },
    }),
  );
  const point: BasePoint = {
    ...{ id: 'a', systemId: '7', timeline: 1, base: 0n, at: 0n, capturedAtMs: 0, hasLog: true },
  };
  const ground: RecoveryGround = {
    ...{ systemId: '7', segmentBytes: 64, histories: new Map(), pieces, points: [point] },
    coverage: [{ branch, gaps: [], spans: [{ branch, start: 0n, end: BigInt(pieceCount) }] }],
  };
  const path = pathFrom(ground, point, firstTimeline());
  assert.equal(path.knownUntilMs, pieceCount - 1);
  const wanted = { kind: 'moment', atUs: 5_000_000, inclusive: true, hintEarly: '' } as const;
  assert.deepEqual(fitOf(ground, path, wanted), { kind: 'fits', finish: 'stop' });
});
