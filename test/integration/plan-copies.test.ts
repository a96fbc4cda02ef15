/** One capture, three vaults: copies are made, made up for, never made twice, and never of what is damaged. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { copySystem } from '../../src/cli/plan/copy-system.ts';
import { newRun } from '../../src/cli/plan/new-run.ts';
import { chosenSystems } from '../../src/cli/plan/plan-session.ts';
import { recordTimes } from '../../src/evidence/record-common.ts';
import { sharedFields } from '../../src/evidence/run-context.ts';
import { type HealingOutcome, healVault } from '../../src/heal/heal-vault.ts';
import { hasDamage, isSound, previewHealing } from '../../src/heal/preview-healing.ts';
import { holdsFromRecords } from '../../src/recovery-point/holds.ts';
import type { RecoveryPoint } from '../../src/recovery-point/recovery-point.ts';
import { proofLevel } from '../../src/recovery-point/recovery-point.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { newerRestic, resticMustSucceed } from '../support/stock-restic.ts';
import { type PlanScene, planScene, storedFiles } from './plan-scene.ts';

const uploads = '  uploads: { source: { kind: files, paths: [./uploads] }, checks: [files] }';

let scene: PlanScene;
afterEach(() => scene[Symbol.dispose]());

async function threeVaults(): Promise<void> {
  scene = await planScene({ systems: uploads, vaults: ['here', 'away', 'archive'] });
  scene.write('uploads/a.txt', 'a');
  scene.write('uploads/random', randomBytes(300_000));
}

const copy = async (asked?: (point: RecoveryPoint) => boolean) =>
  await scene.run(async (session, vaults) => {
    const [system] = chosenSystems(session.plan, []);
    assert.ok(system);
    const request = { session, vaults, run: newRun(scene.context, session, 'manual') };
    return await copySystem(scene.context, { ...request, ...(asked === undefined ? {} : { asked }) }, system);
  });

async function pointsByVault(): Promise<Readonly<Record<string, readonly RecoveryPoint[]>>> {
  const histories = await scene.histories(true);
  return Object.fromEntries(histories.map(({ vault, points }) => [vault, points]));
}

const unplug = (name: string) => fs.renameSync(scene.vaultPath(name), `${scene.vaultPath(name)}-unplugged`);
const plugIn = (name: string) => fs.renameSync(`${scene.vaultPath(name)}-unplugged`, scene.vaultPath(name));

test('a backup captures once, and every vault gets a point that counts and says where it came from', async () => {
  await threeVaults();
  const backups = await scene.backup();
  assert.deepEqual(
    backups.map(({ vault, outcome, copy: made, error }) => [vault, outcome !== undefined, made?.from, error]),
    [
      ['here', true, undefined, undefined],
      ['away', false, ['here'], undefined],
      ['archive', false, ['here'], undefined],
    ],
  );
  const points = await pointsByVault();
  const [captured] = points['here'] ?? [];
  assert.ok(captured);
  for (const name of ['away', 'archive']) {
    const [point, ...others] = points[name] ?? [];
    assert.deepEqual([others.length, point && proofLevel(point)], [0, 'checked']);
    assert.deepEqual(
      [point?.capturedAtMs, point?.systemHash, point?.files],
      [captured.capturedAtMs, captured.systemHash, captured.files],
    );
    await using vault = await scene.open(name);
    const record = (await vault.records()).records.find(({ type }) => type === 'copy');
    assert.ok(record?.type === 'copy');
    assert.deepEqual(record.from, { vault: captured.vault, snapshotId: captured.snapshotId });
    const target = join(scene.folder, `restored-${name}`);
    await vault.repository.restore(await vault.repository.snapshot(record.snapshotId ?? ''), { target });
    assert.deepEqual(
      compareTrees(scene.path('uploads'), join(target, scene.path('uploads')), { ignore: ['root'] }),
      [],
    );
    await resticMustSucceed({ repository: scene.vaultPath(name) }, 'check', '--read-data');
  }
  assert.deepEqual(await copy(), []);
});

test('a vault that was away is owed what it missed, and gets it once', async () => {
  await threeVaults();
  await scene.backup();
  unplug('away');
  for (const text of ['b', 'c']) {
    scene.write('uploads/a.txt', text);
    const backups = await scene.backup();
    assert.deepEqual(
      backups.map(({ vault, error }) => [vault, error?.code]),
      [
        ['here', undefined],
        ['away', 'VAULT_NOT_FOUND'],
        ['archive', undefined],
      ],
    );
  }
  plugIn('away');
  const [made, ...others] = await copy();
  assert.deepEqual([made?.vault, made?.copied.length, made?.error, others], ['away', 2, undefined, []]);
  const points = await pointsByVault();
  const moments = (name: string) => points[name]?.map(({ capturedAtMs }) => capturedAtMs);
  assert.deepEqual(moments('away'), moments('here'));
  assert.deepEqual(await copy(), []);
});

test('while the first vault is away another takes the point, and the first gets it when it is back', async () => {
  await threeVaults();
  unplug('here');
  const backups = await scene.backup();
  assert.deepEqual(
    backups.map(({ vault, outcome, copy: made, error }) => [
      vault,
      outcome !== undefined,
      made?.from,
      error?.code,
    ]),
    [
      ['here', false, undefined, 'VAULT_NOT_FOUND'],
      ['away', true, undefined, undefined],
      ['archive', false, ['away'], undefined],
    ],
  );
  plugIn('here');
  const [made] = await copy();
  assert.deepEqual([made?.vault, made?.from, made?.error], ['here', ['away'], undefined]);
  assert.equal((await pointsByVault())['here']?.length, 1);
});

test('while the first vault is not believed another takes the point, and all that are believed get it', async () => {
  await threeVaults();
  scene.write('uploads/large', randomBytes(4_000_000));
  await scene.backup();
  for (const evidence of ['lifeboat/evidence', 'lifeboat/spare/evidence'])
    fs.rmSync(join(scene.vaultPath('here'), evidence), { recursive: true });
  const backups = await scene.backup();
  assert.deepEqual(
    backups.map(({ vault, outcome, copy: made, error }) => [
      vault,
      outcome?.silentChanges,
      made?.from,
      error?.code,
    ]),
    [
      ['away', [], undefined, undefined],
      ['here', undefined, [], 'OBJECT_DAMAGED'],
      ['archive', undefined, ['away'], undefined],
    ],
  );
  const points = await pointsByVault();
  assert.deepEqual(
    ['here', 'away', 'archive'].map((name) => points[name]?.length),
    [0, 2, 2],
  );
  // where none is believed, a point that does not count yet is better than none
  unplug('away');
  unplug('archive');
  const alone = await scene.backup();
  assert.equal(alone.find(({ vault }) => vault === 'here')?.outcome?.record.verdict, 'pass');
});

test('what was given up in a vault is not brought back, unless somebody asks for it by name', async () => {
  await threeVaults();
  await scene.backup();
  scene.write('uploads/a.txt', 'b');
  await scene.backup();
  const [older] = (await pointsByVault())['away'] ?? [];
  assert.ok(older);
  {
    await using vault = await scene.open('away');
    await vault.repository.forget([older.snapshotId]);
    const run = await scene.run(async (session) => newRun(scene.context, session, 'manual'));
    const times = recordTimes(run.nowMs(), run.nowMs());
    const what = { type: 'forget', verdict: 'pass', snapshotIds: [older.snapshotId], bytesFreed: 0 } as const;
    await vault.append({ ...sharedFields(run, vault.id), ...times, ...what });
  }
  assert.deepEqual(await copy(), []);
  const [asked] = await copy(({ capturedAtMs }) => capturedAtMs === older.capturedAtMs);
  assert.deepEqual([asked?.vault, asked?.copied.length], ['away', 1]);
  // a copy that is made again is another object: what was said of the old one stays true
  assert.notEqual(asked?.copied[0]?.record.snapshotId, older.snapshotId);
  assert.equal((await pointsByVault())['away']?.length, 2);
});

/** Deletes the one snapshot of `away` as stock restic does: no record tells of it. */
async function deletePastRecords(): Promise<string> {
  const [point] = (await pointsByVault())['away'] ?? [];
  assert.ok(point);
  await resticMustSucceed({ repository: scene.vaultPath('away') }, 'forget', point.snapshotId);
  assert.deepEqual((await pointsByVault())['away'], []);
  return point.snapshotId;
}

async function healAway(): Promise<HealingOutcome | undefined> {
  await using vault = await scene.open('away');
  await using donor = await scene.open('here');
  const healing = { vault, donors: [donor] };
  const preview = await previewHealing(healing, scene.context.nowMs());
  if (isSound(preview)) return undefined;
  return await healVault(await newManualRun(), healing, preview);
}

async function newManualRun() {
  return await scene.run(async (session) => newRun(scene.context, session, 'manual'));
}

async function pinInAway(snapshotId: string): Promise<void> {
  await using vault = await scene.open('away');
  const run = await newManualRun();
  await vault.append({
    ...{ type: 'hold', ...sharedFields(run, vault.id), ...recordTimes(run.nowMs(), run.nowMs()) },
    ...{ verdict: 'pass', kind: 'pin', action: 'set', snapshotIds: [snapshotId], reason: 'the audit' },
  });
}

async function expectOneHeld(): Promise<void> {
  const [point, ...others] = (await pointsByVault())['away'] ?? [];
  assert.deepEqual(others, []);
  assert.ok(point);
  assert.equal(proofLevel(point), 'checked');
  await using vault = await scene.open('away');
  const { records } = await vault.records();
  const holds = holdsFromRecords(records, scene.context.nowMs());
  assert.deepEqual(
    holds(vault.id, point.snapshotId).map(({ kind, reason }) => [kind, reason]),
    [['pin', 'the audit']],
  );
  assert.deepEqual(await vault.repository.snapshotIds(), [point.snapshotId]);
}

test('what was deleted past the records and is copied again is there once, held as before, and nothing is left to heal', async () => {
  await threeVaults();
  await scene.backup();
  await pinInAway((await pointsByVault())['away']?.[0]?.snapshotId ?? '');
  await deletePastRecords();
  const [made] = await copy();
  assert.deepEqual([made?.vault, made?.copied.length, made?.error], ['away', 1, undefined]);
  assert.equal(await healAway(), undefined);
  await expectOneHeld();
  // the same again: what was made anew may be lost as well
  await deletePastRecords();
  assert.equal((await copy()).length, 1);
  await expectOneHeld();
});

test('what was deleted past the records and is healed is owed no copy', async () => {
  await threeVaults();
  await scene.backup();
  await pinInAway((await pointsByVault())['away']?.[0]?.snapshotId ?? '');
  await deletePastRecords();
  const outcome = await healAway();
  assert.deepEqual([outcome?.record.verdict, outcome?.lost], ['pass', []]);
  await expectOneHeld();
  assert.deepEqual(await copy(), []);
  await expectOneHeld();
  await deletePastRecords();
  assert.equal((await copy()).length, 1);
  await expectOneHeld();
});

test('what stock restic renamed is the point that it was, and what it forgot is brought back and no damage', async () => {
  await threeVaults();
  await scene.backup();
  scene.write('uploads/a.txt', 'b');
  await scene.backup();
  const moments = async () => (await pointsByVault())['away']?.map(({ capturedAtMs }) => capturedAtMs);
  const before = await moments();
  const [older, newer] = (await pointsByVault())['away'] ?? [];
  assert.ok(older && newer);
  const away = { repository: scene.vaultPath('away') };
  await resticMustSucceed(away, 'tag', '--add', 'looked-at', newer.snapshotId);
  const renamed = await healAway();
  assert.deepEqual([renamed?.record.verdict, renamed?.report.snapshots.size], ['pass', 0]);
  assert.deepEqual(await moments(), before);
  assert.equal(await healAway(), undefined);
  await resticMustSucceed(away, 'forget', older.snapshotId);
  await using vault = await scene.open('away');
  const preview = await previewHealing({ vault, donors: [] }, scene.context.nowMs());
  assert.deepEqual([preview.goneSnapshots, hasDamage(preview)], [[older.snapshotId], false]);
  const unhealed = await healVault(await newManualRun(), { vault, donors: [] }, preview);
  assert.deepEqual([unhealed.record.verdict, unhealed.lost], ['pass', []]);
  assert.equal((await healAway())?.record.verdict, 'pass');
  assert.deepEqual(await moments(), before);
});

test('what stock restic rewrote with other content is missed, and brought back', async () => {
  const program = newerRestic();
  assert.ok(program !== undefined, 'a restic that rewrites is there');
  await threeVaults();
  await scene.backup();
  const [point] = (await pointsByVault())['away'] ?? [];
  assert.ok(point);
  const away = { repository: scene.vaultPath('away'), program };
  await resticMustSucceed(away, 'rewrite', '--exclude', 'a.txt', '--forget', point.snapshotId);
  {
    await using vault = await scene.open('away');
    const preview = await previewHealing({ vault, donors: [] }, scene.context.nowMs());
    assert.deepEqual(preview.goneSnapshots, [point.snapshotId]);
  }
  assert.equal((await healAway())?.report.snapshots.size, 1);
  assert.deepEqual(
    (await pointsByVault())['away']?.map(({ capturedAtMs }) => capturedAtMs),
    [point.capturedAtMs],
  );
});

for (const isReadBack of [true, false])
  test(`healing makes nothing of what is there again under another id, ${isReadBack ? 'read back' : 'as a cut left it'}`, async () => {
    await threeVaults();
    await scene.backup();
    const old = (await pointsByVault())['away']?.[0]?.snapshotId ?? '';
    await pinInAway(old);
    {
      // as a copy left it that did not look for what it replaces
      await using vault = await scene.open('away');
      const { records } = await vault.records();
      const snapshot = await vault.repository.snapshot(old);
      await resticMustSucceed({ repository: scene.vaultPath('away') }, 'tag', '--add', 'again', old);
      const [renamed = ''] = await vault.repository.snapshotIds();
      assert.notEqual(renamed, snapshot.id);
      for (const record of records)
        if (record.type === 'copy') await vault.append({ ...record, id: randomUUID(), snapshotId: renamed });
        else if (isReadBack && record.type === 'check' && record.snapshotIds.includes(old))
          await vault.append({ ...record, id: randomUUID(), snapshotIds: [renamed] });
    }
    const outcome = await healAway();
    assert.deepEqual(outcome?.record.snapshotIds, []);
    assert.deepEqual(outcome.mended, [`snapshots/${old}`]);
    await expectOneHeld();
    assert.equal(await healAway(), undefined);
  });

test('what is damaged in one vault comes from another that has it whole', async () => {
  await threeVaults();
  unplug('archive');
  await scene.backup();
  plugIn('archive');
  const [largest] = storedFiles(scene, 'here', 'data').toSorted(
    (a, b) => fs.statSync(b).size - fs.statSync(a).size,
  );
  assert.ok(largest);
  const bytes = fs.readFileSync(largest);
  bytes[200] = (bytes[200] ?? 0) ^ 4;
  fs.chmodSync(largest, 0o600);
  fs.writeFileSync(largest, bytes);
  const [made, ...others] = await copy();
  assert.deepEqual(
    [made?.vault, made?.from, made?.error, others.length],
    ['archive', ['away'], undefined, 0],
  );
});

test('a point that no vault has whole is named, and the vault is not said to be fine', async () => {
  await threeVaults();
  unplug('archive');
  unplug('away');
  await scene.backup();
  plugIn('archive');
  for (const file of storedFiles(scene, 'here', 'data')) {
    fs.chmodSync(file, 0o600);
    fs.truncateSync(file, 20);
  }
  const ends = await copy();
  const archive = ends.find(({ vault }) => vault === 'archive');
  assert.deepEqual([archive?.copied, archive?.error?.code], [[], 'COPY_INCOMPLETE']);
  assert.deepEqual(storedFiles(scene, 'archive', 'snapshots'), []);
});

test('a copy of a vault as files, or the same one under another name, is no second vault', async () => {
  for (const make of [fs.cpSync, fs.symlinkSync] as const) {
    await threeVaults();
    await scene.backup({});
    fs.rmSync(scene.vaultPath('away'), { recursive: true });
    if (make === fs.cpSync) fs.cpSync(scene.vaultPath('here'), scene.vaultPath('away'), { recursive: true });
    else fs.symlinkSync(scene.vaultPath('here'), scene.vaultPath('away'));
    for (const refresh of [true, false]) {
      const [here, away, archive] = await scene.histories(refresh);
      assert.equal(here?.trouble, undefined);
      assert.equal(archive?.trouble, undefined);
      assert.ok(away?.trouble !== undefined, `away is not counted, refresh ${refresh}`);
    }
    scene.write('uploads/a.txt', 'later');
    const backups = await scene.backup();
    assert.deepEqual(
      backups.map(({ vault, error }) => [vault, error?.code]),
      [
        ['here', undefined],
        ['away', 'PLAN_INVALID'],
        ['archive', undefined],
      ],
    );
    if (make === fs.cpSync) scene[Symbol.dispose]();
  }
});
