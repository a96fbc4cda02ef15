/** The way back on a machine that has never seen the plan: the location of a vault and a key, nothing else. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type CliOptions, cliEnds, jsonLines, lastLine } from './cli-process.ts';

let scene: TemporaryFolder;
let vault: string;
let elsewhere: CliOptions;
let recoveryKey: string;

before(async () => {
  scene = temporaryFolder();
  vault = join(scene.path, 'vault');
  const shop = join(scene.path, 'shop');
  mkdirSync(join(shop, 'uploads', 'deep'), { recursive: true });
  writeFileSync(join(shop, 'uploads', 'logo.png'), 'a picture');
  writeFileSync(join(shop, 'uploads', 'deep', 'notes.txt'), 'a text');
  chmodSync(join(shop, 'uploads', 'deep', 'notes.txt'), 0o640);
  symlinkSync('logo.png', join(shop, 'uploads', 'link'));
  const home = { folder: shop, environment: { LIFEBOAT_PASSWORD: undefined } };
  const keyFile = join(scene.path, 'recovery-key');
  mkdirSync(join(shop, 'letters'));
  writeFileSync(join(shop, 'letters', 'first.md'), 'a letter');
  const system = ['--system', 'uploads=files:uploads', '--system', 'letters=files:letters'];
  await cliEnds(0, home, 'init', '--yes', '--vault', vault, ...system, '--recovery-key-file', keyFile);
  await cliEnds(0, home, 'backup');
  writeFileSync(join(shop, 'letters', 'first.md'), 'a better letter');
  await cliEnds(0, home, 'backup');
  recoveryKey = readFileSync(keyFile, 'utf8').trim();
  mkdirSync(join(scene.path, 'new machine'));
  elsewhere = {
    folder: join(scene.path, 'new machine'),
    environment: { LIFEBOAT_PASSWORD: undefined, LIFEBOAT_PASSWORD_FILE: keyFile },
    secrets: [recoveryKey],
  };
});

after(() => scene[Symbol.dispose]());

test('the recovery key opens the vault, and the newest of every system comes back below its stored path', async () => {
  const listed = await cliEnds(0, elsewhere, 'rescue', 'snapshots', '--vault', vault, '--json');
  assert.equal(jsonLines(listed).filter((line) => line.type === 'snapshot').length, 4);
  const run = await cliEnds(0, elsewhere, 'rescue', 'restore', '--vault', vault, '--verify');
  assert.match(run.stderr, /the vault holds the plan/);
  const [folder] = readdirSync(elsewhere.folder).filter((name) => name.startsWith('restored-'));
  const back = join(elsewhere.folder, folder ?? '', scene.path, 'shop');
  assert.equal(readFileSync(join(back, 'uploads/link'), 'utf8'), 'a picture');
  assert.equal(readFileSync(join(back, 'uploads/deep/notes.txt'), 'utf8'), 'a text');
  assert.equal(readFileSync(join(back, 'letters/first.md'), 'utf8'), 'a better letter');
});

test('one snapshot of one system comes back when it is named', async () => {
  const listed = jsonLines(await cliEnds(0, elsewhere, 'rescue', 'snapshots', '--vault', vault, '--json'));
  const first = listed.find(
    (line) => line.type === 'snapshot' && JSON.stringify(line).includes('system:letters'),
  );
  const line = ['rescue', 'restore', '--vault', vault, '--to', 'older', '--snapshot', String(first?.['id'])];
  await cliEnds(0, elsewhere, ...line);
  const back = join(elsewhere.folder, 'older', scene.path, 'shop');
  assert.deepEqual(readdirSync(back), ['letters']);
  assert.equal(readFileSync(join(back, 'letters/first.md'), 'utf8'), 'a letter');
});

test('only what is asked for comes back, and nothing is overwritten unasked', async () => {
  const line = ['rescue', 'restore', '--vault', vault, '--to', 'part', '--include', '*.txt', '--json'];
  assert.equal(lastLine(await cliEnds(0, elsewhere, ...line))['files'], 1);
  assert.equal(lastLine(await cliEnds(2, elsewhere, ...line))['code'], 'RESTORE_REFUSED');
  const notes = join(elsewhere.folder, 'part', scene.path, 'shop/uploads/deep/notes.txt');
  writeFileSync(notes, 'spoiled');
  await cliEnds(0, elsewhere, ...line, '--overwrite');
  assert.equal(readFileSync(notes, 'utf8'), 'a text');
});

test('the plan is in the vault, as it was written', async () => {
  const original = readFileSync(join(scene.path, 'shop/lifeboat.yaml'), 'utf8');
  assert.equal(
    (await cliEnds(0, elsewhere, 'rescue', 'plan', '--vault', vault)).stdout.trimEnd(),
    original.trimEnd(),
  );
  await cliEnds(0, elsewhere, 'rescue', 'plan', '--vault', vault, '--to', 'lifeboat.yaml');
  assert.equal(readFileSync(join(elsewhere.folder, 'lifeboat.yaml'), 'utf8'), original);
  const again = await cliEnds(
    2,
    elsewhere,
    'rescue',
    'plan',
    '--vault',
    vault,
    '--to',
    'lifeboat.yaml',
    '--json',
  );
  assert.equal(lastLine(again)['code'], 'RESTORE_REFUSED');
  await cliEnds(0, elsewhere, 'rescue', 'plan', '--vault', vault, '--to', 'new/folder/lifeboat.yaml');
  assert.equal(readFileSync(join(elsewhere.folder, 'new/folder/lifeboat.yaml'), 'utf8'), original);
  const below = await cliEnds(2, elsewhere, 'rescue', 'plan', '--vault', vault, '--to', 'lifeboat.yaml/x/y');
  assert.match(below.stderr, /is or lies below a file/);
  assert.match((await cliEnds(0, elsewhere, 'rescue', 'plan', '--vault', vault, '--list')).stdout, /^v1:/m);
  assert.equal((await cliEnds(6, elsewhere, 'rescue', 'plan', '--vault', vault, '--hash', 'abc')).stdout, '');
});

test('a plan that is damaged or gone comes from its second copy, which is said', async () => {
  const original = readFileSync(join(scene.path, 'shop/lifeboat.yaml'), 'utf8');
  const folder = join(vault, 'lifeboat/plan');
  const [name = ''] = readdirSync(folder);
  const plan = join(folder, name);
  const bytes = readFileSync(plan);
  const damaged = Buffer.from(bytes);
  damaged[20] = (damaged[20] ?? 0) ^ 1;
  chmodSync(plan, 0o600);
  const words = ['rescue', 'plan', '--vault', vault];
  for (const harm of [() => writeFileSync(plan, damaged), () => rmSync(plan)]) {
    harm();
    const run = await cliEnds(0, elsewhere, ...words);
    assert.equal(run.stdout.trimEnd(), original.trimEnd());
    assert.match(run.stderr, /warning: lifeboat\/plan\/v1-\S+ is damaged or gone; it is read from its copy/);
  }
  const spare = join(vault, 'lifeboat/spare/plan', name);
  const copy = readFileSync(spare);
  chmodSync(spare, 0o600);
  writeFileSync(spare, damaged);
  await cliEnds(13, elsewhere, ...words);
  writeFileSync(plan, damaged);
  const restored = await cliEnds(0, elsewhere, 'rescue', 'restore', '--vault', vault, '--to', 'without plan');
  assert.match(
    restored.stderr,
    /warning: no plan in the vault can be read, nor its copy: lifeboat\/plan\/v1-/,
  );
  assert.doesNotMatch(restored.stderr, /the vault holds the plan/);
  writeFileSync(spare, copy);
  const warned = await cliEnds(0, elsewhere, 'rescue', 'restore', '--vault', vault, '--to', 'from the copy');
  assert.match(warned.stderr, /warning: lifeboat\/plan\/v1-\S+ is damaged or gone; it is read from its copy/);
  assert.match(warned.stderr, /the vault holds the plan/);
  writeFileSync(plan, bytes);
  assert.doesNotMatch((await cliEnds(0, elsewhere, ...words)).stderr, /warning/);
});

test('no file of this machine is needed, not even a folder to write state to', async () => {
  const nowhere = {
    LIFEBOAT_STATE_DIR: '/dev/null/nowhere',
    XDG_CACHE_HOME: '/dev/null/nowhere',
    HOME: '/dev/null/nowhere',
  };
  const bare = { ...elsewhere, environment: { ...elsewhere.environment, ...nowhere } };
  await cliEnds(0, bare, 'rescue', 'ls', '--vault', vault, '--snapshot', 'latest', '--long');
  await cliEnds(0, bare, 'rescue', 'check', '--vault', vault, '--read-data');
  await cliEnds(0, bare, 'rescue', 'restore', '--vault', vault, '--to', 'bare');
});

test('without config and keys a vault opens from its second copies; without those it is called what is left of one', async () => {
  const harmed = join(scene.path, 'harmed');
  cpSync(vault, harmed, { recursive: true });
  const words = ['rescue', 'snapshots', '--vault', harmed];
  rmSync(join(harmed, 'config'), { force: true });
  rmSync(join(harmed, 'keys'), { recursive: true });
  assert.match((await cliEnds(0, elsewhere, ...words)).stdout, /letters/);
  rmSync(join(harmed, 'lifeboat'), { recursive: true });
  const { stderr } = await cliEnds(13, elsewhere, ...words);
  assert.match(stderr, /is what is left of a vault: its config, the copy of it and its keys are gone/);
  assert.match(stderr, /lifeboat\/spare\/.*Make no new vault there; another vault restores meanwhile/s);
  assert.doesNotMatch(stderr, /vault init/);
  await cliEnds(1, elsewhere, 'vault', 'init', harmed, '--no-recovery-key');
});
