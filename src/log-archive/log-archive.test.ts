import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  append,
  branch,
  cutRandomly,
  logName,
  nearWindow,
  openLog,
  readAll,
  spansOf,
} from '../../test/support/log-scene.ts';
import { seededRandom } from '../../test/support/seeded-random.ts';
import { appendOnly } from '../object-store/append-only.ts';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';
import { resumeAt } from './coverage.ts';
import { listLogs } from './list-logs.ts';
import { type LogMarks, noMarks, pieceBytesMax } from './log-archive.ts';
import { fitsWindow, parseLogKey } from './piece-key.ts';

const seeds = Array.from({ length: 12 }, (_, i) => 1000 + i);

test('any span of what was appended in any cuts is read as it was written, before and after a compaction', async () => {
  for (const seed of seeds) {
    const random = seededRandom(seed);
    const log = openLog(openMemoryStore());
    const bytes = random.bytes(8000);
    await append(log, cutRandomly(random, nearWindow, bytes, 900));
    const end = nearWindow + 8000n;
    assert.deepEqual(await spansOf(log), [{ branch, start: nearWindow, end }], `seed ${seed}`);
    for (const isCompacted of [false, true]) {
      if (isCompacted) {
        const report = await log.compact({ piecesMax: 2 });
        assert.ok(report.segments > 0 && report.deleted > 1, `seed ${seed} compacted`);
        assert.deepEqual(report.findings, []);
      }
      for (let i = 0; i < 10; i++) {
        const from = random.below(8000);
        const to = from + 1 + random.below(8000 - from);
        const read = await readAll(log, nearWindow + BigInt(from), nearWindow + BigInt(to));
        assert.ok(read.equals(bytes.subarray(from, to)), `seed ${seed}, ${from}-${to}, ${isCompacted}`);
      }
    }
    const check = await log.check({ reads: () => true });
    assert.deepEqual(check.findings, []);
    assert.equal(check.bytesRead, 8000);
  }
});

test('two writers with different cuts tell the same story, which a compaction compares and joins', async () => {
  for (const seed of seeds) {
    const random = seededRandom(seed);
    const store = openMemoryStore();
    const [one, two] = [openLog(store), openLog(store)];
    const bytes = random.bytes(6000);
    await Promise.all([
      append(one, cutRandomly(random, nearWindow, bytes, 700)),
      append(two, cutRandomly(random, nearWindow, bytes.subarray(0, 5500), 1500)),
    ]);
    assert.ok((await readAll(one, nearWindow, nearWindow + 6000n)).equals(bytes), `seed ${seed}`);
    assert.deepEqual((await two.compact({ piecesMax: 2 })).findings, []);
    assert.equal(store.objects.size, 2, 'one segment a window');
    assert.ok((await readAll(one, nearWindow, nearWindow + 6000n)).equals(bytes), `seed ${seed}`);
    assert.deepEqual((await one.check({ reads: () => true })).findings, []);
  }
});

test('a whole window becomes one segment, with the links of its chunks', async () => {
  const random = seededRandom(7);
  const store = openMemoryStore();
  const log = openLog(store);
  const bytes = Buffer.alloc(pieceBytesMax + 1000, random.bytes(5000));
  const pieces = cutRandomly(random, 0n, bytes, 5 * 1024 * 1024);
  await append(log, pieces);
  const last = (await Array.fromAsync(log.pieces({ branch, start: 0n, end: 16n * 1024n * 1024n }))).at(-1);
  const report = await log.compact();
  assert.deepEqual({ segments: report.segments, findings: report.findings }, { segments: 1, findings: [] });
  const [segment, ...rest] = await Array.fromAsync(
    log.pieces({ branch, start: 0n, end: BigInt(bytes.length) }),
  );
  assert.equal(segment?.form, 'segment');
  assert.equal(segment?.link, last?.link, 'the chain goes on as it was');
  assert.equal(rest[0]?.previous, segment?.link);
  assert.equal(segment?.end, BigInt(pieceBytesMax));
  assert.ok((await readAll(log, 0n, BigInt(bytes.length))).equals(bytes));
  assert.equal((await log.compact()).segments, 0, 'nothing is left to do');
});

test('bytes behind a hole are stored again by who goes on, and are there once', async () => {
  const random = seededRandom(11);
  const store = openMemoryStore();
  const log = openLog(store);
  const bytes = random.bytes(4000);
  const writer = await log.writer(branch, nearWindow);
  const pieces = cutRandomly(random, nearWindow, bytes.subarray(0, 3000), 300).map((piece) =>
    writer.prepare(piece.start, piece.bytes, noMarks),
  );
  const lost = pieces[2];
  assert.ok(lost);
  for (const piece of pieces) if (piece !== lost) await writer.store(piece);
  const [coverage] = await log.coverage();
  assert.deepEqual(coverage?.gaps, [{ branch, start: lost.start, end: lost.end, isDeclared: false }]);
  assert.equal(resumeAt(coverage, lost.start), lost.start);
  await assert.rejects(readAll(log, nearWindow, nearWindow + 3000n), { code: 'LOG_GAP' });
  assert.deepEqual((await log.check()).findings, [], 'what a crash left at the end is no damage');
  const from = Number(lost.start - nearWindow);
  await append(log, cutRandomly(random, lost.start, bytes.subarray(from), 500));
  assert.ok((await readAll(log, nearWindow, nearWindow + 4000n)).equals(bytes));
  assert.deepEqual((await log.compact({ piecesMax: 2 })).findings, []);
  assert.ok((await readAll(log, nearWindow, nearWindow + 4000n)).equals(bytes));
  assert.equal(store.objects.size, 1);
});

test('the same name with the same bytes succeeds, with other bytes it is a conflict', async () => {
  const store = openMemoryStore();
  for (const log of [openLog(store), openLog(openMemoryStore([], { createOnly: false }))]) {
    const store = (bytes: string) => append(log, [{ start: nearWindow, bytes: Buffer.from(bytes) }]);
    await store('same bytes');
    await store('same bytes');
    await assert.rejects(store('else bytes'), { code: 'LOG_CONFLICT', message: /orders-db/ });
    assert.equal((await readAll(log, nearWindow, nearWindow + 10n)).toString(), 'same bytes');
    await log.putHistory(branch, Buffer.from('1\t0/3000000\tno reason\n'));
    await log.putHistory(branch, Buffer.from('1\t0/3000000\tno reason\n'));
    await assert.rejects(log.putHistory(branch, Buffer.from('2\t0/3000000')), { code: 'LOG_CONFLICT' });
    assert.equal((await log.history(branch))?.toString(), '1\t0/3000000\tno reason\n');
    assert.equal(await log.history('00000002'), undefined);
  }
  assert.deepEqual(await listLogs(store), [logName]);
});

test('pieces that overlap with other bytes stay, and are told of', async () => {
  const log = openLog(openMemoryStore());
  await append(log, [{ start: nearWindow, bytes: Buffer.from('one history') }]);
  await append(log, [{ start: nearWindow + 4n, bytes: Buffer.from('History of another') }]);
  const report = await log.compact({ piecesMax: 2 });
  assert.deepEqual({ segments: report.segments, deleted: report.deleted }, { segments: 0, deleted: 0 });
  assert.deepEqual(
    report.findings.map(({ kind }) => kind),
    ['conflict'],
  );
  assert.deepEqual((await log.check({ reads: () => true })).findings, report.findings);
});

test('where nothing can be deleted, chunks stay beside their segment and are not read again and again', async () => {
  const inner = openMemoryStore();
  const log = openLog(appendOnly(inner));
  const bytes = seededRandom(5).bytes(1000);
  await append(log, cutRandomly(seededRandom(6), nearWindow, bytes, 200));
  const chunks = inner.objects.size;
  const report = await log.compact({ piecesMax: 2 });
  assert.deepEqual(
    { segments: report.segments, deleted: report.deleted, kept: report.kept },
    { segments: 1, deleted: 0, kept: chunks },
  );
  assert.equal(report.isDeleteRefused, true);
  assert.equal((await log.compact({ piecesMax: 2, mayDelete: false })).segments, 0);
  assert.ok((await readAll(log, nearWindow, nearWindow + 1000n)).equals(bytes));
});

test('a trim deletes what its preview named: all that ends before what is needed', async () => {
  const store = openMemoryStore();
  const log = openLog(store);
  const bytes = seededRandom(8).bytes(6000);
  await append(log, cutRandomly(seededRandom(9), nearWindow, bytes, 500));
  await log.putHistory(branch, Buffer.from('how it came to be'));
  const need = nearWindow + 2500n;
  const before = store.objects.size;
  assert.equal(
    (await log.previewTrim(new Map())).pieces.length,
    0,
    'a branch of which nothing is said stays',
  );
  const preview = await log.previewTrim(new Map([[branch, need]]));
  assert.equal(store.objects.size, before, 'a preview changes nothing');
  const report = await log.trim(preview);
  assert.equal(report.deleted, preview.pieces.length);
  assert.equal(store.objects.size, before - report.deleted);
  assert.ok((await readAll(log, need, nearWindow + 6000n)).equals(bytes.subarray(2500)));
  const [span] = await spansOf(log);
  assert.ok(span && span.start > nearWindow && span.start <= need && need - span.start < 500n);
  await log.trim(await log.previewTrim(new Map([[branch, 'nothing']])));
  assert.deepEqual(await spansOf(log), []);
  assert.equal((await log.history(branch))?.toString(), 'how it came to be');
});

test('a gap that was declared is told apart from one that nobody knows of', async () => {
  const log = openLog(openMemoryStore());
  const far = nearWindow + 64n * 1024n * 1024n;
  await append(log, [{ start: nearWindow, bytes: Buffer.alloc(100) }]);
  await append(log, [{ start: far, bytes: Buffer.alloc(100) }]);
  await append(log, [{ start: far + 100n * 1024n * 1024n, bytes: Buffer.alloc(100) }]);
  assert.deepEqual(
    (await log.check()).findings.map(({ kind }) => kind),
    ['gap'],
  );
  await log.declareGap({ branch, start: nearWindow + 100n, end: far }, 'the slot was lost');
  assert.deepEqual((await log.check()).findings, []);
  const [coverage] = await log.coverage();
  assert.deepEqual(
    coverage?.gaps.map(({ isDeclared }) => isDeclared),
    [true, false],
  );
  const [declared] = await log.declaredGaps(branch);
  assert.deepEqual(declared, {
    ...{ branch, start: nearWindow + 100n, end: far, reason: 'the slot was lost' },
    declaredAtMs: 1_700_000_000_000,
  });
});

test('what the bytes tell of time is kept, and joined by a compaction', async () => {
  const log = openLog(openMemoryStore());
  const writer = await log.writer(branch, nearWindow);
  const marks: readonly LogMarks[] = [
    { commits: 2, firstCommitAtMs: 20, lastCommitAtMs: 10, names: [{ name: 'before', end: 5n, atMs: 1 }] },
    {
      commits: 1,
      firstCommitAtMs: 30,
      lastCommitAtMs: 30,
      names: [],
      heartbeat: { writtenAtMs: 31, end: 9n },
    },
    noMarks,
  ];
  let at = nearWindow;
  for (const mark of marks) {
    await writer.store(writer.prepare(at, Buffer.from('bytes'), mark));
    at += 5n;
  }
  const stored = await Array.fromAsync(log.pieces({ branch, start: nearWindow, end: at }));
  assert.deepEqual(
    stored.map((piece) => piece.marks),
    marks,
  );
  await log.compact({ piecesMax: 2 });
  const [segment] = await Array.fromAsync(log.pieces({ branch, start: nearWindow, end: at }));
  assert.deepEqual(segment?.marks, {
    ...{ commits: 3, firstCommitAtMs: 20, lastCommitAtMs: 30, heartbeat: { writtenAtMs: 31, end: 9n } },
    names: [{ name: 'before', end: 5n, atMs: 1 }],
  });
});

test('names that nobody of ours gave are none', () => {
  const below = 'lifeboat/log/orders-db/73/00000001/';
  const good = parseLogKey(`${below}0000000003000028-0000000003000100`);
  assert.deepEqual(
    { start: good?.start, end: good?.end, form: good?.form },
    { start: 0x3000028n, end: 0x3000100n, form: 'chunk' },
  );
  for (const bad of [
    '0000000003000028-0000000003000028',
    '28-30',
    '0000000000fffff0-0000000001000010',
    'other',
  ])
    assert.equal(parseLogKey(below + bad), undefined, bad);
  assert.equal(fitsWindow(0n, BigInt(pieceBytesMax)), true);
});
