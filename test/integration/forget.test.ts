/** Retention under a plan: what goes and what stays, and what keeps everything where it is. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import type { AppContext } from '../../src/cli/cli-context.ts';
import type { Command, CommandEnd } from '../../src/cli/command.ts';
import { forget } from '../../src/cli/commands/forget.ts';
import { pin } from '../../src/cli/commands/pin.ts';
import { points as pointsCommand } from '../../src/cli/commands/points.ts';
import { prune } from '../../src/cli/commands/prune.ts';
import { status } from '../../src/cli/commands/status.ts';
import { unpin } from '../../src/cli/commands/unpin.ts';
import type { JsonRecord } from '../../src/cli/output.ts';
import { parseInput } from '../../src/cli/parse-input.ts';
import { hasCode } from '../../src/error/lifeboat-error.ts';
import { type PlanScene, planScene, storedFiles } from './plan-scene.ts';

const dayMs = 86_400_000;

let scene: PlanScene;
afterEach(() => scene[Symbol.dispose]());

function uploads(retention: string): string {
  return `  uploads: { source: { kind: files, paths: [./uploads] }, checks: [files], retention: ${retention} }`;
}

async function uploadsScene(retention: string, vaults = ['here']): Promise<void> {
  scene = await planScene({ systems: uploads(retention), vaults });
  scene.write('uploads/a.txt', 'a');
}

/** One backup a day, the last one today; `verified` says after which of them the newest point is proven. */
async function backUpDaily(days: number, verified: readonly number[]): Promise<readonly string[]> {
  for (let day = 0; day < days; day++) {
    scene.aheadMs = (day - days + 1) * dayMs;
    scene.write('uploads/a.txt', `day ${day}`);
    await scene.backup();
    if (verified.includes(day)) await scene.verify();
  }
  scene.aheadMs = 0;
  return await pointIds();
}

/** Oldest first. */
async function pointIds(vault = 'here'): Promise<readonly string[]> {
  const histories = await scene.histories(true);
  return histories.find((history) => history.vault === vault)?.points.map(({ id }) => id) ?? [];
}

interface Ran {
  readonly end: CommandEnd;
  readonly results: readonly JsonRecord[];
}

async function run(command: Command<AppContext>, ...words: readonly string[]): Promise<Ran> {
  const results: JsonRecord[] = [];
  const output = {
    ...scene.context.output,
    result: async (record: JsonRecord) => {
      results.push(record);
    },
  };
  const parsed = parseInput('forget', command, words);
  assert.ok(parsed.kind === 'run');
  return { end: await command.run({ ...scene.context, output }, parsed.input), results };
}

function ofType(results: readonly JsonRecord[], type: string): readonly JsonRecord[] {
  return results.filter((result) => result.type === type);
}

async function recordsOf(type: string, vault = 'here') {
  await using opened = await scene.open(vault);
  const { records, problems } = await opened.records();
  assert.deepEqual(problems, []);
  return records.filter((record) => record.type === type);
}

test('what the plan keeps stays, the rest goes, and a preview says so before', async () => {
  await uploadsScene('{ daily: 2 }');
  const ids = await backUpDaily(4, [3]);
  const preview = await run(forget, '--preview');
  const decisions = ofType(preview.results, 'decision');
  assert.deepEqual(
    decisions.map(({ id, kept }) => [id, kept]),
    ids.toReversed().map((id, index) => [id, index < 2]),
  );
  assert.match(String(decisions[0]?.['reasons']), /^daily 1 of 2 \(\d{4}-\d\d-\d\d\)$/);
  assert.equal(String(decisions[2]?.['reasons']), '2 newer days are kept');
  assert.deepEqual(await pointIds(), ids, 'a preview changes nothing');
  const { end } = await run(forget, '--yes');
  assert.equal(end.error, undefined);
  assert.equal(end.summary['forgotten'], 2);
  assert.deepEqual(await pointIds(), ids.slice(2));
  assert.equal(storedFiles(scene, 'here', 'snapshots').length, 2);
  const [record] = await recordsOf('forget');
  assert.deepEqual(record?.type === 'forget' && record.snapshotIds.toSorted(), ids.slice(0, 2).toSorted());
  assert.equal((await run(forget, '--yes')).end.summary['forgotten'], 0, 'once is enough');
});

test('without --yes nobody can be asked, and nothing goes', async () => {
  await uploadsScene('{ daily: 1 }');
  const ids = await backUpDaily(2, [1]);
  await assert.rejects(run(forget), (error) => hasCode(error, 'USAGE'));
  assert.deepEqual(await pointIds(), ids);
});

test('the newest proven point stays beyond the rules, and newer ones that are not proven do not replace it', async () => {
  await uploadsScene('{ last: 1 }');
  const ids = await backUpDaily(4, [0, 1]);
  const { end, results } = await run(forget, '--preview');
  assert.equal(end.error, undefined);
  const spared = ofType(results, 'decision').filter((decision) => decision['spared'] === true);
  assert.deepEqual(
    spared.map(({ id, reasons }) => [id, reasons]),
    [[ids[1], ['the newest proven one here']]],
  );
  await run(forget, '--yes');
  assert.deepEqual(await pointIds(), [ids[1], ids[3]]);
});

test('rules given by hand that leave nothing proven are refused, and so is all where nothing is proven', async () => {
  await uploadsScene('{ last: 1 }');
  const ids = await backUpDaily(3, []);
  const unproven = await run(forget, '--yes');
  assert.ok(hasCode(unproven.end.error, 'RETENTION_REFUSED'));
  scene.aheadMs = 0;
  await scene.verify();
  scene.write('uploads/a.txt', 'later');
  await scene.backup();
  const byHand = await run(forget, '--keep-last', '1', '--yes');
  assert.ok(hasCode(byHand.end.error, 'RETENTION_REFUSED'));
  assert.equal((await pointIds()).length, ids.length + 1);
});

test('what is held stays until it is released, and is refused by name', async () => {
  await uploadsScene('{ last: 1 }');
  const ids = await backUpDaily(3, [2]);
  const [oldest = '', middle = ''] = ids;
  await run(pin, oldest.slice(0, 8), '--why', 'before the migration');
  await run(pin, middle, '--legal-hold', '--why', 'case 4711');
  const listed = ofType((await run(pointsCommand)).results, 'point');
  assert.deepEqual(listed.map(({ id, holds }) => [id, holds]).toReversed(), [
    [oldest, ['pin']],
    [middle, ['legal-hold']],
    [ids[2], []],
  ]);
  await run(forget, '--yes');
  assert.deepEqual(await pointIds(), ids);
  await assert.rejects(run(forget, '--point', oldest, '--why', 'not needed', '--yes'), (error) =>
    hasCode(error, 'POINT_HELD'),
  );
  await assert.rejects(run(unpin, middle, '--why', 'a pin is no legal hold'), (error) =>
    hasCode(error, 'USAGE'),
  );
  await run(unpin, oldest, '--why', 'done');
  await run(unpin, middle, '--legal-hold', '--why', 'closed');
  await run(forget, '--yes');
  assert.deepEqual(await pointIds(), ids.slice(2));
});

test('a hold ends by itself at its time', async () => {
  await uploadsScene('{ last: 1 }');
  const ids = await backUpDaily(2, [1]);
  const tomorrow = new Date(Date.now() + dayMs).toISOString();
  await run(pin, ids[0] ?? '', '--why', 'for a day', '--until', tomorrow);
  await run(forget, '--yes');
  assert.deepEqual(await pointIds(), ids);
  scene.aheadMs = 2 * dayMs;
  await run(forget, '--yes');
  assert.deepEqual(await pointIds(), ids.slice(1));
});

test('a point is given up by name, but not the last proven one', async () => {
  await uploadsScene('{ last: 9 }');
  const ids = await backUpDaily(3, [1]);
  const [oldest = '', proven = ''] = ids;
  await assert.rejects(run(forget, '--point', proven, '--why', 'it is old', '--yes'), (error) =>
    hasCode(error, 'RETENTION_REFUSED'),
  );
  await assert.rejects(run(forget, '--point', oldest, '--yes'), (error) => hasCode(error, 'USAGE'));
  await run(forget, '--point', oldest, '--why', 'it holds a secret', '--yes');
  assert.deepEqual(await pointIds(), ids.slice(1));
  const [record] = await recordsOf('forget');
  assert.equal(record?.type === 'forget' && record.reason, 'it holds a secret');
});

test('a suspicion keeps everything until somebody clears it', async () => {
  await uploadsScene('{ last: 2 }');
  for (let file = 0; file < 20; file++) scene.write(`uploads/file-${file}.txt`, `file ${file}`);
  const before = await backUpDaily(4, [3]);
  for (let file = 0; file < 20; file++) fs.rmSync(scene.path(`uploads/file-${file}.txt`));
  await scene.backup();
  const ids = await pointIds();
  assert.equal(ids.length, before.length + 1);
  const { end } = await run(forget, '--yes');
  assert.ok(hasCode(end.error, 'DELETION_PAUSED'));
  assert.match(end.error.message, /uploads is suspicious: 1 files where there were 21/);
  assert.deepEqual(await pointIds(), ids);
  assert.equal((await recordsOf('pause')).length, 1);
  await assert.rejects(run(forget, '--point', ids[0] ?? '', '--why', 'x', '--yes'), (error) =>
    hasCode(error, 'DELETION_PAUSED'),
  );
  await run(forget, '--yes');
  assert.equal((await recordsOf('pause')).length, 1, 'it is told once');
  const told = ofType((await run(status)).results, 'pause');
  assert.deepEqual(
    told.map(({ system, reason }) => [system, reason]),
    [['uploads', '1 files where there were 21']],
  );
  await run(forget, '--clear-suspicion', 'uploads', '--why', 'we moved the files');
  assert.deepEqual(ofType((await run(status)).results, 'pause'), []);
  await assert.rejects(run(forget, '--clear-suspicion', 'uploads', '--why', 'again'), (error) =>
    hasCode(error, 'USAGE'),
  );
  const cleared = await run(forget, '--yes');
  assert.equal(cleared.end.error, undefined);
  assert.deepEqual(await pointIds(), ids.slice(3), 'the last two, of which one is proven');
});

test('where records are damaged nobody knows what is held, and nothing goes', async () => {
  await uploadsScene('{ last: 1 }');
  await backUpDaily(3, [2]);
  const count = storedFiles(scene, 'here', 'snapshots').length;
  const [first = ''] = storedFiles(scene, 'here', 'lifeboat/evidence');
  fs.rmSync(first);
  const { end } = await run(forget, '--yes');
  assert.ok(hasCode(end.error, 'VAULT_DAMAGED'));
  assert.equal(storedFiles(scene, 'here', 'snapshots').length, count);
});

test('a system that is proven in one vault follows the rules in another, where nothing is proven', async () => {
  await uploadsScene('{ last: 1 }', ['here', 'away']);
  for (let day = -2; day <= 0; day++) {
    scene.aheadMs = day * dayMs;
    await scene.backup();
  }
  await scene.verify({ vault: 'here' });
  const { end } = await run(forget, '--yes');
  assert.equal(end.error, undefined);
  assert.equal((await pointIds('here')).length, 1);
  assert.equal((await pointIds('away')).length, 1);
});

test('while the vault that takes the captures is away and unknown, nothing is deleted in another one', async () => {
  await uploadsScene('{ last: 1 }', ['here', 'away']);
  const caches = join(scene.folder, '../caches');
  for (let day = -3; day <= 0; day++) {
    scene.aheadMs = day * dayMs;
    scene.write('uploads/a.txt', `day ${day}`);
    if (day === 0) fs.cpSync(caches, `${caches}-old`, { recursive: true });
    await scene.backup();
    await scene.verify({ vault: 'away' });
  }
  const ids = await pointIds('away');
  assert.equal(ids.length, 4);
  fs.renameSync(scene.vaultPath('here'), scene.path('elsewhere'));
  // what this machine knew of it tells of every capture
  const known = await run(forget, '--preview');
  assert.ok(!known.end.error || !hasCode(known.end.error, 'DELETION_PAUSED'));
  fs.rmSync(caches, { recursive: true });
  fs.renameSync(`${caches}-old`, caches);
  const since = await run(forget, '--yes');
  assert.deepEqual(refusedCodes(since.end), ['VAULT_NOT_FOUND', 'DELETION_PAUSED']);
  fs.rmSync(caches, { recursive: true });
  const { end } = await run(forget, '--yes');
  assert.deepEqual(refusedCodes(end), ['VAULT_NOT_FOUND', 'DELETION_PAUSED']);
  assert.deepEqual(await pointIds('away'), ids);
  const pruned = await run(prune, '--grace', '0s');
  assert.deepEqual(refusedCodes(pruned.end), ['VAULT_NOT_FOUND', 'DELETION_PAUSED']);
  assert.deepEqual(await recordsOf('prune', 'away'), []);
  fs.renameSync(scene.path('elsewhere'), scene.vaultPath('here'));
  assert.deepEqual(refusedCodes((await run(forget, '--yes')).end), []);
  assert.equal((await pointIds('away')).length, 1);
});

function refusedCodes({ summary }: CommandEnd): readonly unknown[] {
  const { refused } = summary;
  assert.ok(Array.isArray(refused));
  return refused.map((each: unknown) => {
    assert.ok(typeof each === 'object' && each !== null && 'code' in each);
    return each.code;
  });
}

test('points that a wrong clock dated ahead take the place of none', async () => {
  await uploadsScene('{ last: 2 }');
  for (const days of [400, 401, -2, -1, 0]) {
    scene.aheadMs = days * dayMs;
    scene.write('uploads/a.txt', `day ${days}`);
    await scene.backup();
  }
  await scene.verify();
  const ids = await pointIds();
  assert.equal(ids.length, 5);
  const { end } = await run(forget, '--yes');
  assert.equal(end.error, undefined);
  assert.deepEqual(await pointIds(), ids.toSpliced(2, 1), 'the last two, and the two that seem to be newer');
});

test('a record that gives everything up, whoever wrote it, does not empty a vault', async () => {
  await uploadsScene('{ last: 1 }');
  const ids = await backUpDaily(2, [1]);
  const stored = storedFiles(scene, 'here', 'snapshots').length;
  {
    await using vault = await scene.open('here');
    const [backup] = (await vault.records()).records.filter(({ type }) => type === 'backup');
    assert.ok(backup);
    const { id: _id, ...common } = backup;
    const more = { type: 'forget', id: 'forged', verdict: 'pass', bytesFreed: 0 } as const;
    await vault.append({ ...common, ...more, snapshotIds: ids });
  }
  const { end } = await run(forget, '--yes');
  assert.ok(hasCode(end.error, 'RETENTION_REFUSED'));
  assert.equal(storedFiles(scene, 'here', 'snapshots').length, stored);
});
