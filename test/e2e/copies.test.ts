/** `copy` and `copies` as a person meets them: nothing to do, a vault that was away, damage, and points by their ids. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { seededRandom } from '../support/seeded-random.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type CliOptions, cliEnds, jsonLines, lastLine } from './cli-process.ts';
import { assertGolden } from './golden-file.ts';

const widthMax = 80;
const vaults = ['here', 'away', 'archive'] as const;
let scene: TemporaryFolder;
let options: CliOptions;

const at = (...names: readonly string[]) => join(scene.path, ...names);
const unplug = (name: string) => fs.renameSync(at(name), at(`${name}-unplugged`));
const plugIn = (name: string) => fs.renameSync(at(`${name}-unplugged`), at(name));

before(async () => {
  scene = temporaryFolder();
  options = { folder: scene.path };
  fs.mkdirSync(at('uploads'));
  fs.writeFileSync(at('uploads', 'file'), seededRandom(7).bytes(60_000));
  for (const name of vaults) await cliEnds(0, options, 'vault', 'init', name, '--no-recovery-key');
  fs.writeFileSync(at('lifeboat.yaml'), JSON.stringify(plan));
  await cliEnds(0, options, 'backup');
});

after(() => scene[Symbol.dispose]());

const plan = {
  version: 1,
  metadata: { id: '4c1f2b1a-91c7-4d58-8f0b-7f4f0e0d9a21', name: 'Shop', owner: 'Jane Doe' },
  vaults: {
    here: { location: './here', medium: 'disk' },
    away: { location: './away', role: 'secondary', medium: 'disk' },
    archive: { location: './archive', role: 'archive', medium: 'disk', filled_by: 'here' },
  },
  systems: {
    uploads: { source: { kind: 'files', paths: ['./uploads'] }, vaults: ['here', 'away'] },
  },
};

async function ids(): Promise<Readonly<Record<string, string>>> {
  const lines = jsonLines(await cliEnds(0, options, 'points', '--json'));
  const points = lines.filter(({ type }) => type === 'point');
  return Object.fromEntries(points.map(({ vault, id }) => [String(vault), String(id)]));
}

/** What differs from run to run goes. */
function steady(text: string): string {
  return text
    .replaceAll(scene.path, '/FOLDER')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?( UTC)?/g, 'TIME')
    .replaceAll(/\d+(\.\d+)? [KM]?i?B stored/g, 'SIZE stored');
}

function expectNarrow(text: string): void {
  for (const line of text.split('\n')) assert.ok(line.length <= widthMax, line);
}

test('nothing is left to do after a backup, and the rule is told cell by cell', async () => {
  const { stdout } = await cliEnds(0, options, 'copy');
  assert.equal(stdout.trim(), 'Every vault has what it should have.');
  assert.deepEqual(
    { ...lastLine(await cliEnds(0, options, 'copy', '--json')), requests: undefined },
    { type: 'summary', vaults: 0, points: 0, failed: 0, requests: undefined, exit_code: 0 },
  );
  const copies = await cliEnds(0, options, 'copies');
  expectNarrow(copies.stdout);
  assertGolden('cli/copies.txt', steady(copies.stdout));
  const [system] = jsonLines(await cliEnds(0, options, 'copies', '--json'));
  assert.deepEqual([system?.['type'], system?.['system'], system?.['met']], ['copies', 'uploads', false]);
  const rules = system?.['rules'];
  assert.ok(Array.isArray(rules));
  assert.deepEqual(
    rules.map(({ rule, status }) => [rule, status]),
    [
      ['copies', 'met'],
      ['media', 'unmet'],
      ['off-site', 'unmet'],
      ['immutable', 'unknown'],
      ['errors', 'unknown'],
    ],
  );
});

test('a point is known by the id of each of its copies; where it is everywhere that is said', async () => {
  const points = await ids();
  assert.deepEqual(Object.keys(points).sort(), [...vaults].sort());
  for (const id of Object.values(points)) {
    const { stdout } = await cliEnds(0, options, 'copy', '--point', id.slice(0, 12));
    assert.equal(stdout.trim(), `Every vault that it was to go to has ${id.slice(0, 8)} already.`);
  }
  const unknown = await cliEnds(1, options, 'copy', '--point', 'ffffffffff', '--json');
  assert.equal(lastLine(unknown)['code'], 'SNAPSHOT_NOT_FOUND');
  await cliEnds(2, options, 'copy', '--to', 'elsewhere');
});

test('a vault that is away fails the command, and gets its points when it is back', async () => {
  unplug('away');
  fs.writeFileSync(at('uploads', 'file'), seededRandom(8).bytes(60_000));
  await cliEnds(10, options, 'backup');
  const failed = await cliEnds(10, options, 'copy');
  assert.match(failed.stdout, /^failed {2}.*here|^failed {2}.*away/m);
  await cliEnds(10, options, 'copies');
  const unread = await cliEnds(1, options, 'copy', '--point', 'ffffffffff');
  assert.match(unread.stderr, /not read: away/);
  plugIn('away');
  const made = await cliEnds(0, options, 'copy');
  expectNarrow(made.stdout);
  assertGolden('cli/copy.txt', steady(made.stdout));
});

test('a vault that takes no data keeps a record of it, and status says so until a copy came', async () => {
  fs.writeFileSync(at('uploads', 'file'), seededRandom(10).bytes(60_000));
  fs.renameSync(at('away', 'data'), at('away', 'data-aside'));
  fs.writeFileSync(at('away', 'data'), 'no folder');
  await cliEnds(1, options, 'backup');
  const run = await cliEnds(1, options, 'copy', '--json');
  assert.equal(lastLine(run)['code'], 'STORE_UNAVAILABLE');
  const told = jsonLines(run).filter(({ type }) => type === 'copy');
  assert.deepEqual(
    told.map(({ vault, verdict, points }) => [vault, verdict, points]),
    [['away', 'fail', 0]],
  );
  const copiesOf = async (...more: readonly string[]) => {
    const lines = jsonLines(await cliEnds(7, options, 'status', '--json', ...more));
    const line = lines.find(({ type, vault }) => type === 'vault' && vault === 'away');
    const facet = line?.['copies'];
    assert.ok(typeof facet === 'object' && facet !== null && 'status' in facet && 'reason' in facet);
    return facet;
  };
  for (const more of [[], ['--refresh']]) {
    const { status, reason } = await copiesOf(...more);
    assert.equal(status, 'failed');
    assert.match(
      String(reason),
      /^uploads: away lacks a point .*; the last copy failed: could not write data/,
    );
  }
  fs.rmSync(at('away', 'data'));
  fs.renameSync(at('away', 'data-aside'), at('away', 'data'));
  await cliEnds(0, options, 'copy');
  assert.equal((await copiesOf()).status, 'ok');
});

test('a point that no vault has whole is not copied: exit code 3, and a record in the vault that lacks it', async () => {
  for (const name of ['away', 'archive']) unplug(name);
  fs.writeFileSync(at('uploads', 'file'), seededRandom(9).bytes(60_000));
  await cliEnds(10, options, 'backup');
  const [newest = ''] = fs
    .readdirSync(at('here', 'data'), { recursive: true, encoding: 'utf8' })
    .map((name) => at('here', 'data', name))
    .filter((path) => fs.statSync(path).isFile() && fs.statSync(path).size > 50_000)
    .sort((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs);
  fs.chmodSync(newest, 0o600);
  fs.truncateSync(newest, 20);
  plugIn('archive');
  plugIn('away');
  const run = await cliEnds(3, options, 'copy', '--json');
  assert.equal(lastLine(run)['code'], 'COPY_INCOMPLETE');
  const told = jsonLines(run).filter(({ type }) => type === 'copy');
  assert.deepEqual(
    told.map(({ vault, verdict, points }) => [vault, verdict, points]),
    [
      ['away', 'fail', 0],
      ['archive', 'fail', 0],
    ],
  );
  const shown = await cliEnds(7, options, 'status');
  assert.match(
    shown.stdout.replaceAll(/\s+/g, ' '),
    /FAILED copies uploads: away lacks a point .* the last copy failed:/,
  );
});
