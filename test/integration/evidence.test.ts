/** Records in vaults: what crashes, second processes, lost state and tampering do to them, and what status makes of it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { check } from '../../src/cli/commands/check.ts';
import { parseInput } from '../../src/cli/parse-input.ts';
import { wrongWith } from '../../src/cli/plan/plan-history.ts';
import type { ChainProblem } from '../../src/evidence/chain.ts';
import { type Fault, withFaults } from '../../src/object-store/fault.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { readOnly } from '../../src/object-store/read-only.ts';
import { initVault, openVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { resticMustSucceed, testPassword } from '../support/stock-restic.ts';
import { quickKdf, quickLocks } from '../support/vault.ts';
import { type PlanScene, planScene, storedFiles } from './plan-scene.ts';
import { initRecord } from './some-record.ts';

const uploads = '  uploads: { source: { kind: files, paths: [./uploads] }, checks: [files] }';

let scene: PlanScene;
beforeEach(async () => {
  scene = await planScene({ systems: uploads });
  scene.write('uploads/a.txt', 'a');
});
afterEach(() => scene[Symbol.dispose]());

async function openWith(faults: readonly Fault[]): Promise<Vault> {
  return await openVault({
    store: withFaults(openLocalStore(scene.vaultPath('here')), faults),
    password: testPassword,
    lockTiming: quickLocks,
    ...folders(),
  });
}

function folders() {
  return {
    stateFolder: join(scene.folder, '../state/chain'),
    cacheDirectory: join(scene.folder, '../caches/lifeboat'),
    nowMs: () => Date.now() + scene.aheadMs,
  };
}

async function append(id: string, faults: readonly Fault[] = []): Promise<void> {
  await using vault = await openWith(faults);
  await vault.append(initRecord(vault.id, id));
}

async function read({ anew, ...other }: { readonly anew?: boolean; readonly stateFolder?: string } = {}) {
  const elsewhere = anew ? { cacheDirectory: join(scene.folder, '../other-caches') } : {};
  await using vault = await scene.open('here', { ...elsewhere, ...other });
  const { records, problems } = await vault.records();
  return { ids: records.map(({ id }) => id), kinds: problems.map(({ kind }) => kind), problems };
}

const putOfLink = { operation: 'put', keyPrefix: 'lifeboat/evidence/' } as const;

test('a link that could not be sent waits, is not missed meanwhile, and goes with the next one', async () => {
  await append('one');
  await assert.rejects(append('two', [{ kind: 'fail', nth: 1, ...putOfLink }]));
  assert.deepEqual(await read(), { ids: ['one'], kinds: [], problems: [] });
  await append('three');
  assert.deepEqual((await read()).ids, ['one', 'two', 'three']);
  assert.deepEqual((await read({ anew: true })).kinds, []);
});

test('a link whose answer was lost is sent again as the same link: no fork', async () => {
  await append('one');
  await assert.rejects(append('two', [{ kind: 'fail-after', nth: 1, ...putOfLink }]));
  await append('three');
  assert.deepEqual(await read(), { ids: ['one', 'two', 'three'], kinds: [], problems: [] });
});

test('many links that wait go in order, wherever the sending stops', async () => {
  await append('0');
  for (let number = 1; number <= 4; number++)
    await assert.rejects(append(String(number), [{ kind: 'fail', nth: 1, ...putOfLink }]));
  await assert.rejects(append('5', [{ kind: 'fail', nth: 3, ...putOfLink }]));
  assert.deepEqual(await read(), { ids: ['0', '1', '2'], kinds: [], problems: [] });
  await append('6');
  assert.deepEqual((await read()).ids, ['0', '1', '2', '3', '4', '5', '6']);
  assert.deepEqual((await read()).kinds, []);
});

test('a chain that was cut short is noticed, also while links wait', async () => {
  await append('one');
  await append('two');
  await assert.rejects(append('three', [{ kind: 'fail', nth: 1, ...putOfLink }]));
  fs.rmSync(storedFiles(scene, 'here', 'lifeboat/evidence').at(-1) ?? '');
  assert.deepEqual((await read()).kinds, ['missing']);
});

test('what another machine wrote last and is gone is missed by whoever had read it, again and again', async () => {
  await append('one');
  await append('two');
  const reader = () => read({ anew: true, stateFolder: join(scene.folder, '../other-state') });
  assert.deepEqual((await reader()).kinds, []);
  fs.rmSync(storedFiles(scene, 'here', 'lifeboat/evidence').at(-1) ?? '');
  assert.deepEqual((await reader()).kinds, ['missing']);
  assert.deepEqual((await reader()).kinds, ['missing'], 'one reading forgot what it missed');
  scene.aheadMs = 8 * 86_400_000;
  assert.deepEqual((await reader()).kinds, ['missing'], 'a cache that is too old still knows the head');
  await append('three');
  assert.deepEqual((await reader()).kinds, ['missing']);
});

test('two processes that append at once make one chain', async () => {
  const script = fileURLToPath(new URL('./append-process.ts', import.meta.url));
  const { stateFolder, cacheDirectory } = folders();
  const children = ['a', 'b'].map((name) =>
    spawn(process.execPath, [script, scene.vaultPath('here'), stateFolder, cacheDirectory, '50', name], {
      stdio: 'inherit',
    }),
  );
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
  assert.deepEqual(codes, [0, 0]);
  const { ids, problems } = await read();
  assert.deepEqual(problems, []);
  assert.equal(new Set(ids).size, 100);
  assert.equal(fs.readdirSync(join(scene.vaultPath('here'), 'lifeboat/evidence')).length, 1);
  const ofA = ids.filter((id) => id.startsWith('a-'));
  assert.deepEqual(
    ofA,
    ofA.map((_, number) => `a-${number}`),
  );
});

for (const [name, harm] of [
  ['lost', (file: string) => fs.rmSync(file)],
  ['cut short', (file: string) => fs.truncateSync(file, 20)],
  ['something else', (file: string) => fs.writeFileSync(file, '{"head":{"sequence":1},"undelivered":3}')],
] as const) {
  test(`a machine whose state is ${name} begins a new chain, and both hold`, async () => {
    await append('one');
    const { stateFolder } = folders();
    const [state] = fs.readdirSync(stateFolder).filter((file) => /^writer-.*\.json$/.test(file));
    harm(join(stateFolder, state ?? ''));
    await append('two');
    const { ids, problems } = await read();
    assert.deepEqual([ids.toSorted(), problems], [['one', 'two'], []]);
    assert.equal(fs.readdirSync(join(scene.vaultPath('here'), 'lifeboat/evidence')).length, 2);
  });
}

test('a machine that came back from an old copy of itself begins a new chain instead of a fork', async () => {
  await append('one');
  const { stateFolder } = folders();
  fs.cpSync(stateFolder, `${stateFolder}-old`, { recursive: true });
  await append('two');
  fs.rmSync(stateFolder, { recursive: true });
  fs.renameSync(`${stateFolder}-old`, stateFolder);
  await append('three');
  await append('four');
  const { ids, problems } = await read();
  assert.deepEqual([ids.toSorted(), problems], [['four', 'one', 'three', 'two'], []]);
});

function links(): string[] {
  return storedFiles(scene, 'here', 'lifeboat/evidence');
}

function statusOfRpo(status: Awaited<ReturnType<PlanScene['status']>>) {
  return status.get('uploads')?.assessments.find(({ objective }) => objective.kind === 'rpo')?.status;
}

/** Backed up and proven. */
async function greenScene(): Promise<void> {
  await scene.backup();
  await scene.verify();
  assert.equal((await scene.status()).get('uploads')?.status, 'met');
}

const tampering: readonly (readonly [string, ChainProblem['kind'], () => void])[] = [
  ['deleted', 'missing', () => fs.rmSync(links()[0] ?? '')],
  ['deleted at the end', 'missing', () => fs.rmSync(links().at(-1) ?? '')],
  ['cut short', 'altered', () => fs.truncateSync(links()[1] ?? '', 30)],
  [
    'swapped with another',
    'reordered',
    () => {
      const [first = '', second = ''] = links();
      const [a, b] = [fs.readFileSync(first), fs.readFileSync(second)];
      fs.writeFileSync(first, b);
      fs.writeFileSync(second, a);
    },
  ],
];

for (const [name, kind, tamper] of tampering) {
  test(`a record that was ${name} makes every point of the vault unknown, here and on a new machine`, async () => {
    await greenScene();
    tamper();
    assert.ok((await read()).kinds.includes(kind), JSON.stringify(await read()));
    const status = await scene.status();
    assert.equal(status.get('uploads')?.status, 'unknown');
    assert.equal((await scene.status(false)).get('uploads')?.status, 'unknown');
    const [history] = await scene.histories(true);
    assert.equal(history?.trouble?.code, 'OBJECT_DAMAGED');
    assert.deepEqual(history?.points, []);
    assert.equal(history?.doubtful?.length, name === 'deleted' ? 0 : 1);
    if (name !== 'deleted at the end') assert.ok((await read({ anew: true })).kinds.includes(kind));
  });
}

test('a bit that flips in a record is noticed by a new machine at once and here within a week', async () => {
  await greenScene();
  const file = links()[0] ?? '';
  const bytes = fs.readFileSync(file);
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  fs.writeFileSync(file, bytes);
  assert.ok((await read({ anew: true })).kinds.includes('altered'));
  scene.aheadMs = 8 * 86_400_000;
  assert.ok((await read()).kinds.includes('altered'));
});

test('what is known is unknown once it is older than the objective', async () => {
  await greenScene();
  assert.equal((await scene.status(false)).get('uploads')?.status, 'met');
  scene.aheadMs = 61 * 60_000;
  const status = (await scene.status(false)).get('uploads');
  assert.equal(status?.status, 'unknown');
  assert.ok(Date.now() + scene.aheadMs - (status?.factsAtMs ?? 0) > 60 * 60_000);
  assert.equal(statusOfRpo(await scene.status(true)), 'breached');
});

test('a clock that was set back makes everything unknown', async () => {
  await greenScene();
  scene.aheadMs = -2 * 3_600_000;
  assert.equal((await scene.status(false)).get('uploads')?.status, 'unknown');
  assert.equal((await scene.status(true)).get('uploads')?.status, 'unknown');
});

test('a snapshot that stock restic forgets is no point any more, whether the vaults are read or not', async () => {
  await greenScene();
  const [snapshot = ''] = storedFiles(scene, 'here', 'snapshots');
  await resticMustSucceed({ repository: scene.vaultPath('here') }, 'forget', snapshot.slice(-64));
  for (const refresh of [false, true])
    assert.equal((await scene.status(refresh)).get('uploads')?.status, 'breached');
});

test('another vault at the same place is not taken for the one that was there', async () => {
  await greenScene();
  const place = scene.vaultPath('here');
  fs.renameSync(place, `${place}-moved`);
  {
    await using _other = await initVault({
      store: openLocalStore(place),
      password: testPassword,
      kdf: quickKdf,
      role: 'primary',
      ...folders(),
    });
  }
  assert.equal((await scene.status(true)).get('uploads')?.status, 'breached');
  assert.equal((await scene.status(false)).get('uploads')?.status, 'breached');
  await scene.backup();
  assert.equal(statusOfRpo(await scene.status(true)), 'met');
});

test('a vault that gives itself another name is known by its copy or its records, and called damaged', async () => {
  await greenScene();
  const file = join(scene.vaultPath('here'), 'lifeboat/vault.json');
  const json = JSON.parse(fs.readFileSync(file, 'utf8'));
  fs.writeFileSync(file, JSON.stringify({ ...json, id: '00000000-0000-4000-8000-000000000000' }));
  for (const isCopyThere of [true, false]) {
    if (!isCopyThere) fs.rmSync(join(scene.vaultPath('here'), 'lifeboat/spare/vault.json'));
    assert.deepEqual((await read()).kinds, []);
    const [history] = await scene.histories(true);
    assert.match(
      (history && wrongWith(history))?.message ?? '',
      /vault\.json does not hold what was written/,
    );
  }
});

test('a vault that cannot be reached is unknown after a refresh, whatever the cache says', async () => {
  await greenScene();
  fs.renameSync(scene.vaultPath('here'), `${scene.vaultPath('here')}-unplugged`);
  assert.equal((await scene.status(true)).get('uploads')?.status, 'unknown');
  const [history] = await scene.histories(true);
  assert.equal(history?.isStale, true);
});

test('a cache that is damaged is not believed: the vault is read', async () => {
  await greenScene();
  const cache = join(scene.folder, '../caches/lifeboat');
  const [file = ''] = fs
    .readdirSync(cache, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('records.json'));
  const text = fs.readFileSync(join(cache, file), 'utf8');
  scene.write('uploads/new', 'x');
  for (const damaged of [text.slice(0, 100), text.replaceAll('checks', 'cheque'), 'null', '[]', '{}']) {
    fs.writeFileSync(join(cache, file), damaged);
    assert.equal((await scene.status(false)).get('uploads')?.status, 'met');
    assert.equal((await read()).kinds.length, 0);
  }
  for (const damaged of ['null', '{', '{"a":3}', '[]']) {
    fs.writeFileSync(join(cache, 'locations.json'), damaged);
    assert.equal((await scene.status(false)).get('uploads')?.status, 'met');
  }
});

test('a vault that cannot be written is read for status', async () => {
  await greenScene();
  fs.rmSync(join(scene.folder, '../caches'), { recursive: true });
  scene.wraps.set('here', readOnly);
  assert.equal((await scene.status(true)).get('uploads')?.status, 'met');
});

/** `lifeboat check` on the scene's vault: its exit code. */
async function runCheck(...words: readonly string[]): Promise<number> {
  const parsed = parseInput('check', check, ['--vault', scene.vaultPath('here'), ...words]);
  assert.ok(parsed.kind === 'run');
  return (await check.run(scene.context, parsed.input)).error?.exitCode ?? 0;
}

test('damage that lifeboat check finds is known to status at once, and gone when the bytes were read again', async () => {
  await greenScene();
  assert.equal(await runCheck('--read-data'), 0);
  assert.equal((await scene.status(false)).get('uploads')?.status, 'met');
  const [pack = ''] = storedFiles(scene, 'here', 'data');
  const whole = fs.readFileSync(pack);
  fs.truncateSync(pack, whole.length - 1);
  assert.equal(await runCheck(), 13);
  for (const refresh of [false, true])
    assert.ok(['unknown', 'breached'].includes((await scene.status(refresh)).get('uploads')?.status ?? ''));
  fs.writeFileSync(pack, whole);
  assert.equal(await runCheck(), 0);
  assert.notEqual(statusOfRpo(await scene.status(true)), 'met', 'the structure alone proves no bytes');
  assert.equal(await runCheck('--read-data'), 0);
  assert.equal(statusOfRpo(await scene.status(true)), 'met');
});
