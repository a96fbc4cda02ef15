/** The repair commands as a person runs them: a preview first, then the repair, and a vault that stock restic calls whole. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { seededRandom } from '../support/seeded-random.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type CliOptions, type CliRun, cliEnds, type JsonLine, jsonLines, lastLine } from './cli-process.ts';

let scene: TemporaryFolder;
let options: CliOptions;

before(async () => {
  scene = temporaryFolder();
  options = { folder: scene.path };
  fs.mkdirSync(join(scene.path, 'data'));
  for (const each of [1, 2, 3])
    fs.writeFileSync(join(scene.path, 'data', `file-${each}`), seededRandom(each).bytes(60_000));
  for (const vault of ['here', 'away']) {
    await cliEnds(0, options, 'vault', 'init', vault, '--no-recovery-key');
    await cliEnds(0, options, 'backup', '--vault', vault, '--path', 'data');
  }
});

after(() => scene[Symbol.dispose]());

function objects(vault: string, kind: string): string[] {
  const folder = join(scene.path, vault, kind);
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => fs.statSync(path).isFile())
    .sort((a, b) => fs.statSync(b).size - fs.statSync(a).size);
}

function flip(path: string, at: number): void {
  const bytes = fs.readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  fs.chmodSync(path, 0o600);
  fs.writeFileSync(path, bytes);
}

async function expectSound(): Promise<void> {
  await cliEnds(0, options, 'check', '--vault', 'here', '--read-data');
  const repository = join(scene.path, 'here');
  await resticMustSucceed({ repository }, 'check', '--read-data');
}

function summaryOf(run: CliRun): JsonLine {
  const summary = jsonLines(run).find(({ type }) => type === 'summary');
  assert.ok(summary);
  return summary;
}

test('a sound vault needs nothing', async () => {
  for (const what of ['index', 'packs', 'snapshots', 'recover', 'heal']) {
    const run = await cliEnds(0, options, 'repair', what, '--vault', 'here', '--json');
    assert.equal(lastLine(run)['needed'], false, what);
  }
});

test('an index that is lost is made anew, after a preview that changes nothing', async () => {
  const [index = ''] = objects('here', 'index');
  fs.rmSync(index);
  await cliEnds(13, options, 'check', '--vault', 'here');
  const preview = await cliEnds(0, options, 'repair', 'index', '--vault', 'here', '--preview');
  assert.match(preview.stdout, /is in no index file, and is added/);
  assert.deepEqual(objects('here', 'index'), []);
  const asked = await cliEnds(2, options, 'repair', 'index', '--vault', 'here');
  assert.match(asked.stderr, /--yes/);
  const done = await cliEnds(0, options, 'repair', 'index', '--vault', 'here', '--yes', '--json');
  assert.equal(lastLine(done)['repaired'], true);
  await expectSound();
});

test('healing makes an index that is lost anew', async () => {
  for (const index of objects('here', 'index')) fs.rmSync(index);
  const preview = await cliEnds(13, options, 'repair', 'heal', '--vault', 'here', '--preview', '--json');
  assert.equal(summaryOf(preview)['needed'], true);
  const healed = await cliEnds(0, options, 'repair', 'heal', '--vault', 'here', '--yes');
  assert.match(
    healed.stdout,
    /^the index was made anew, and has \d+ blobs more; 1 snapshot read back whole$/m,
  );
  await expectSound();
});

test('a damaged pack is healed from another vault, and both name what came from where', async () => {
  const [pack = ''] = objects('here', 'data');
  flip(pack, 100);
  const before = fs.readFileSync(pack);
  const words = ['repair', 'heal', '--vault', 'here', '--from', 'away'];
  const preview = await cliEnds(13, options, ...words, '--preview', '--json');
  assert.equal(lastLine(preview)['code'], 'VAULT_DAMAGED', 'a look is no cure');
  assert.deepEqual([summaryOf(preview)['from_donors'], summaryOf(preview)['lost_blobs']], [1, 0]);
  assert.ok(fs.readFileSync(pack).equals(before), 'a preview changes nothing');
  const done = await cliEnds(0, options, ...words, '--yes', '--json');
  assert.equal(jsonLines(done).find(({ type }) => type === 'donor')?.['blobs'], 1);
  assert.ok(!fs.existsSync(pack));
  await expectSound();
});

test('config and keys that are gone come back from their copies', async () => {
  const repository = join(scene.path, 'here');
  const config = fs.readFileSync(join(repository, 'config'));
  const [key = ''] = objects('here', 'keys');
  for (const path of [join(repository, 'config'), key]) {
    fs.rmSync(path);
    const found = await cliEnds(13, options, 'check', '--vault', 'here');
    assert.match(found.stdout, /is missing, but its copy is there/);
    await cliEnds(0, options, 'repair', 'heal', '--vault', 'here', '--yes');
    await expectSound();
  }
  assert.ok(fs.readFileSync(join(repository, 'config')).equals(config));
});

test('what no vault has is named, and given up only when asked to', async () => {
  const [pack = ''] = objects('here', 'data');
  flip(pack, 100);
  const healed = await cliEnds(13, options, 'repair', 'heal', '--vault', 'here', '--yes');
  assert.match(healed.stderr, /could not be mended/);
  assert.ok(fs.existsSync(pack), 'what is left of it stays');
  await cliEnds(0, options, 'repair', 'packs', '--vault', 'here', '--yes');
  assert.ok(!fs.existsSync(pack));
  const preview = await cliEnds(0, options, 'repair', 'snapshots', '--vault', 'here', '--preview');
  assert.match(preview.stdout, /lost: .*file-/);
  await cliEnds(0, options, 'repair', 'snapshots', '--vault', 'here', '--forget', '--yes');
  await expectSound();
});

test('a damaged snapshot that somebody holds is not removed', async () => {
  fs.cpSync(join(scene.path, 'away'), join(scene.path, 'held'), { recursive: true });
  const [snapshot = ''] = objects('held', 'snapshots');
  await cliEnds(0, options, 'pin', basename(snapshot), '--vault', 'held', '--why', 'court', '--legal-hold');
  const [pack = ''] = objects('held', 'data');
  flip(pack, 100);
  await cliEnds(0, options, 'repair', 'packs', '--vault', 'held', '--yes');
  const run = ['repair', 'snapshots', '--vault', 'held', '--forget', '--yes'] as const;
  const refused = await cliEnds(1, options, ...run);
  assert.match(refused.stderr, /under legal hold: court/);
  assert.deepEqual(objects('held', 'snapshots'), [snapshot]);
});
