/** What was found wrong is told by everything that looks at the vault, until it is mended. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CliOptions, cliEnds, jsonLines } from '../e2e/cli-process.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const random = seededRandom(11);

const plan = `version: 1
metadata: { id: 0d1f7c3e-56a2-4a0b-9d52-1f1f6f2b9a10, name: Test, owner: Tester }
vaults:
  here: { location: ./vault }
systems:
  files: { source: { kind: files, paths: [./files] } }
`;

async function madeVault(folder: string): Promise<CliOptions> {
  const options = { folder };
  fs.writeFileSync(join(folder, 'lifeboat.yaml'), plan);
  await cliEnds(0, options, 'vault', 'init', 'here', '--no-recovery-key');
  await backUp(options);
  return options;
}

async function backUp(options: CliOptions): Promise<void> {
  fs.mkdirSync(join(options.folder, 'files'), { recursive: true });
  fs.writeFileSync(join(options.folder, 'files/data'), random.bytes(300_000));
  await cliEnds(0, options, 'backup');
}

interface Told {
  readonly exitCode: number;
  readonly points?: string;
  readonly damage?: string;
}

/** What status says of the vault, from what this machine has read. */
async function told(options: CliOptions, exitCode: number): Promise<Told> {
  const run = await cliEnds(exitCode, options, 'status', '--json');
  const vault = jsonLines(run).find(({ type }) => type === 'vault');
  assert.ok(vault);
  const status = (name: string) => {
    const facet = vault[name];
    return typeof facet === 'object' && facet !== null && 'status' in facet
      ? String(facet.status)
      : undefined;
  };
  const [points, damage] = [status('points'), status('damage')];
  return {
    exitCode,
    ...(points === undefined ? {} : { points }),
    ...(damage === undefined ? {} : { damage }),
  };
}

/** Of the rule 3-2-1-1-0: no error in the last proof. */
async function errorsCell(options: CliOptions): Promise<unknown> {
  const [line] = jsonLines(await cliEnds(0, options, 'copies', '--json')).filter(
    ({ type }) => type === 'copies',
  );
  const rules = line?.['rules'];
  assert.ok(Array.isArray(rules));
  return rules.find((rule) => rule.rule === 'errors')?.status;
}

async function pointsOf(options: CliOptions) {
  return jsonLines(await cliEnds(0, options, 'points', '--json')).filter(({ type }) => type === 'point');
}

function flipByte(file: string): void {
  const bytes = fs.readFileSync(file);
  bytes[Math.floor(bytes.length / 3)] = 1 ^ (bytes[Math.floor(bytes.length / 3)] ?? 0);
  fs.chmodSync(file, 0o600);
  fs.writeFileSync(file, bytes);
}

/** The pack with the contents of files. */
function largestPack(options: CliOptions): string {
  return packsOf(options)[0] ?? '';
}

/** Largest first. */
function packsOf({ folder }: CliOptions): readonly string[] {
  return fs
    .readdirSync(join(folder, 'vault/data'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, 'vault/data', name))
    .filter((name) => fs.statSync(name).isFile())
    .toSorted((a, b) => fs.statSync(b).size - fs.statSync(a).size);
}

function removeSnapshot({ folder }: CliOptions, id: unknown): void {
  fs.rmSync(join(folder, 'vault/snapshots', String(id)));
}

test('damage beside the data reaches status and puts no point in doubt; healing ends it', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  assert.deepEqual(await told(options, 7), { exitCode: 7, points: 'ok' }, 'no proof yet');
  flipByte(join(folder.path, 'vault/config'));
  await cliEnds(13, options, 'check');
  assert.deepEqual(await told(options, 7), { exitCode: 7, points: 'ok', damage: 'failed' });
  await backUp(options);
  assert.equal(await errorsCell(options), 'unmet', 'reading a new point back mends nothing');
  assert.deepEqual(
    (await pointsOf(options)).map(({ failed }) => failed),
    [false, false],
  );
  const healed = await cliEnds(0, options, 'repair', 'heal', '--yes');
  assert.doesNotMatch(healed.stdout, /next:/);
  assert.deepEqual(await told(options, 7), { exitCode: 7, points: 'ok' });
  await cliEnds(0, options, 'check');
});

test('a restore that met damage puts the point in doubt and pauses a prune', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  flipByte(largestPack(options));
  await cliEnds(3, options, 'restore', 'files', '--to', 'out', '--yes');
  assert.deepEqual(await told(options, 7), { exitCode: 7, points: 'failed', damage: 'failed' });
  assert.deepEqual(
    (await pointsOf(options)).map(({ failed }) => failed),
    [true],
  );
  assert.deepEqual(await told(options, 7), { exitCode: 7, points: 'failed', damage: 'failed' });
  const ended = await cliEnds(1, options, 'prune', '--grace', '0s');
  assert.match(ended.stderr, /a restore found damage/);
  await cliEnds(13, options, 'backup');
  assert.deepEqual(
    (await pointsOf(options)).map(({ failed }) => failed),
    [true, true],
    'what the restore named is read again',
  );
});

test('a pack that a proof named is read again for the next point', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  flipByte(largestPack(options));
  await cliEnds(4, options, 'verify');
  await cliEnds(13, options, 'backup');
});

test('after the data were healed the next step is a proof, and it is named', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  fs.rmSync(join(folder.path, 'vault/index'), { recursive: true });
  const healed = await cliEnds(0, options, 'repair', 'heal', '--yes');
  assert.match(healed.stdout, /^next: `lifeboat verify --vault here`/m);
  await cliEnds(0, options, 'verify', '--vault', 'here');
  await told(options, 0);
});

test('damage that a restore meets before it begins counts as well', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  for (const pack of packsOf(options)) flipByte(pack);
  await cliEnds(13, options, 'restore', 'files', '--to', 'out', '--preview');
  assert.deepEqual(await told(options, 7), { exitCode: 7, points: 'failed', damage: 'failed' });
});

test('a record that is gone with its copy fails a check, and is put back where it was read before', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  for (const below of ['vault/lifeboat/evidence', 'vault/lifeboat/spare/evidence'])
    for (const writer of fs.readdirSync(join(folder.path, below))) {
      const [, second = ''] = fs.readdirSync(join(folder.path, below, writer)).toSorted();
      fs.rmSync(join(folder.path, below, writer, second));
    }
  const elsewhere = { ...options, environment: { XDG_CACHE_HOME: join(folder.path, 'of-another-machine') } };
  const check = await cliEnds(13, elsewhere, 'check');
  assert.match(check.stdout, /record 2 is missing/);
  const unable = await cliEnds(13, elsewhere, 'repair', 'heal', '--yes');
  assert.match(unable.stdout, /record 2 is missing, and nothing here can put that right/);
  await cliEnds(13, options, 'check');
  await cliEnds(0, options, 'repair', 'heal', '--yes');
  await cliEnds(0, options, 'check', '--read-data');
  await cliEnds(0, elsewhere, 'check', '--read-data');
});

test('a check that saw nothing new does not hide what was found before', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  flipByte(largestPack(options));
  await cliEnds(3, options, 'restore', 'files', '--to', 'out', '--yes');
  const check = await cliEnds(13, options, 'check');
  assert.match(check.stderr, /nothing new was found in .*, but a restore found damage at/);
  assert.doesNotMatch(check.stdout, /no damage found/);
});

test('a key that is gone with its copy fails a check, until a record says that it was removed', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  await cliEnds(0, options, 'key', 'add', '--recovery-key-file', 'paper');
  const files = ['vault/keys', 'vault/lifeboat/spare/keys'].map((below) => join(folder.path, below));
  const added = jsonLines(await cliEnds(0, options, 'key', 'list', '--json')).find(
    (line) => line.type === 'key' && line['current'] !== true,
  );
  const id = String(added?.['id']);
  for (const below of files) fs.rmSync(join(below, id));
  const check = await cliEnds(13, options, 'check');
  assert.match(check.stdout, new RegExp(`keys/${id}: is gone with its copy`));
  assert.equal((await told(options, 7)).damage, 'failed');
  const heal = await cliEnds(13, options, 'repair', 'heal', '--yes');
  assert.match(heal.stdout, new RegExp(`not mended: keys/${id} is gone with its copy`));
  assert.doesNotMatch(heal.stdout, /no damage found/);
  assert.match(heal.stderr, /key add --recovery-key-file FILE/);
  await cliEnds(0, options, 'key', 'remove', id.slice(0, 10));
  await cliEnds(0, options, 'repair', 'heal', '--yes');
  await cliEnds(0, options, 'check');
});

test('a vault of the plan whose folder lifeboat/ is gone is not sound', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  fs.rmSync(join(folder.path, 'vault/lifeboat'), { recursive: true });
  const check = await cliEnds(13, options, 'check');
  assert.match(check.stdout, /lifeboat\/: is gone, or never was there/);
  await cliEnds(13, options, 'repair', 'heal', '--yes');
});

test('a backup into a vault whose records are not believed is no success', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  for (const below of ['vault/lifeboat/evidence', 'vault/lifeboat/spare/evidence'])
    fs.rmSync(join(folder.path, below), { recursive: true });
  const run = await cliEnds(13, options, 'backup');
  assert.match(run.stderr, /are not believed, none of its points counts/);
});

test('a pack that is found damaged counts as not read', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  const percent = async (exitCode: number) =>
    jsonLines(await cliEnds(exitCode, options, 'check', '--read-data', '--json')).find(
      ({ type }) => type === 'summary',
    )?.['reread_percent'];
  assert.equal(await percent(0), 100);
  flipByte(largestPack(options));
  assert.ok(Number(await percent(13)) < 50);
});

test('a lock that cannot be read keeps a proof from being made, and disproves nothing', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  fs.writeFileSync(join(folder.path, 'vault/locks', 'a'.repeat(64)), 'garbage');
  const run = await cliEnds(5, options, 'verify', '--json');
  const [proof] = jsonLines(run).filter(({ type }) => type === 'verify');
  assert.equal(proof?.['verdict'], 'inconclusive');
  assert.deepEqual(
    (await pointsOf(options)).map(({ failed }) => failed),
    [false],
  );
});

test('a snapshot deleted past the records is told; the last proven one stops a prune until a person says why', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  await cliEnds(0, options, 'verify');
  await backUp(options);
  await backUp(options);
  const [newest, middle, oldest] = await pointsOf(options);
  removeSnapshot(options, middle?.['id']);
  const check = await cliEnds(0, options, 'check');
  assert.match(
    check.stdout,
    new RegExp(`note: snapshots/${middle?.['id']}: is gone, and no record gave it up`),
  );
  assert.equal((await told(options, 0)).points, 'unknown');
  await cliEnds(0, options, 'prune', '--grace', '0s');
  await cliEnds(0, options, 'forget', '--point', String(middle?.['id']), '--why', 'made by mistake', '--yes');
  assert.equal((await told(options, 0)).points, 'ok');
  removeSnapshot(options, oldest?.['id']);
  const found = await cliEnds(13, options, 'check');
  assert.match(found.stdout, /no record gave it up, and files has nothing as good left here/);
  assert.deepEqual(await told(options, 7), { exitCode: 7, points: 'failed', damage: 'failed' });
  await cliEnds(1, options, 'prune', '--grace', '0s');
  await cliEnds(0, options, 'forget', '--point', String(oldest?.['id']), '--why', 'a test', '--yes');
  await cliEnds(0, options, 'prune', '--grace', '0s');
  await cliEnds(0, options, 'check');
  assert.deepEqual(await told(options, 7), { exitCode: 7, points: 'ok' });
  assert.deepEqual(
    (await pointsOf(options)).map(({ id }) => id),
    [newest?.['id']],
  );
});

test('a vault that lost all its snapshots is not pruned', async () => {
  using folder = temporaryFolder();
  const options = await madeVault(folder.path);
  await backUp(options);
  for (const { id } of await pointsOf(options)) removeSnapshot(options, id);
  const ended = await cliEnds(1, options, 'prune', '--grace', '0s');
  assert.match(
    ended.stderr,
    /files lost its last point, or its last proven one, there, and no record gave it up/,
  );
  assert.ok(fs.existsSync(largestPack(options)));
});
