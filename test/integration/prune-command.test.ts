/** `lifeboat prune` as a person meets it: preview, mark, removal, records, refusals. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordTimes } from '../../src/evidence/record-common.ts';
import { sharedFields } from '../../src/evidence/run-context.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { type CliOptions, cliEnds, lastLine, password } from '../e2e/cli-process.ts';
import { bytesBelow } from '../support/bytes-below.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testRun } from '../support/test-run.ts';
import { backUp } from '../support/vault.ts';

/** A vault in `vault` with two points of `file`; the first is given up. */
async function makeGarbage(options: CliOptions): Promise<void> {
  const random = seededRandom(9);
  const file = join(options.folder, 'file');
  await cliEnds(0, options, 'vault', 'init', 'vault', '--no-recovery-key');
  for (let round = 0; round < 2; round++) {
    writeFileSync(file, random.bytes(1_000_000));
    await cliEnds(0, options, 'backup', '--vault', 'vault', '--path', file);
  }
  await cliEnds(0, options, 'forget', '--vault', 'vault', '--keep-last', '1', '--yes');
}

async function openVaultHere(folder: string): Promise<Vault> {
  return await openVault({
    store: openLocalStore(join(folder, 'vault')),
    password,
    stateFolder: join(folder, 'elsewhere'),
    cacheDirectory: join(folder, 'cache'),
    nowMs: Date.now,
  });
}

test('a prune marks, later removes, says what and when, and records it', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path };
  const data = join(folder.path, 'vault', 'data');
  await makeGarbage(options);
  const before = bytesBelow(data);
  const preview = await cliEnds(0, options, 'prune', '--vault', 'vault', '--preview');
  assert.match(preview.stdout, /to be marked: \d+ packs?, .*\(needed by nothing\); goes at 20/);
  assert.ok(preview.stdout.split('\n').every((line) => line.length <= 120));
  assert.equal(bytesBelow(data), before);
  const marked = await cliEnds(0, options, 'prune', '--vault', 'vault');
  assert.match(marked.stdout, /pending {2}\d+ packs?, .*; the next go at 20/);
  assert.equal(bytesBelow(data), before);
  const removed = await cliEnds(0, options, 'prune', '--vault', 'vault', '--grace', '0s', '--json');
  const line = removed.stdout
    .split('\n')
    .filter((text) => text !== '')
    .map((text): Record<string, unknown> => JSON.parse(text))
    .find(({ type }) => type === 'prune');
  assert.equal(line?.['reclaimed_bytes'], before - bytesBelow(data));
  assert.ok(before - bytesBelow(data) > 900_000);
  assert.equal(line?.['pending_packs'], 0);
  await cliEnds(0, options, 'check', '--vault', 'vault', '--read-data');
  await resticMustSucceed({ repository: join(folder.path, 'vault'), password }, 'check', '--read-data');
  await using vault = await openVaultHere(folder.path);
  const { records, problems } = await vault.records();
  assert.deepEqual(problems, []);
  const prunes = records.filter((record) => record.type === 'prune');
  assert.deepEqual(
    prunes.map(({ phase, bytesPending }) => [phase, bytesPending > 0]),
    [
      ['mark', true],
      ['sweep', false],
    ],
  );
  assert.equal(prunes[1]?.bytesReclaimed, line?.['reclaimed_bytes']);
});

test('a preview says what is rewritten and for what: many small packs are put together, a large one stays', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path };
  const random = seededRandom(10);
  const tree = join(folder.path, 'tree');
  await cliEnds(0, options, 'vault', 'init', 'vault', '--no-recovery-key');
  mkdirSync(tree);
  writeFileSync(join(tree, 'large'), random.bytes(1_000_000));
  {
    await using vault = await openVaultHere(folder.path);
    const ids: string[] = [];
    for (let round = 0; round < 6; round++) {
      writeFileSync(join(tree, `file-${round}`), random.bytes(10_000));
      writeFileSync(join(tree, 'counter'), `${round}`);
      ids.push((await backUp(vault.repository, tree)).snapshot.id);
    }
    await vault.repository.forget(ids.slice(0, 1));
  }
  const { stdout } = await cliEnds(0, options, 'prune', '--vault', 'vault', '--preview');
  assert.match(stdout, /to be marked: 1\d small packs, to be put together \(6\d\.\d+ KiB written anew\)/);
  assert.doesNotMatch(stdout, /needed in part/);
  await cliEnds(0, options, 'prune', '--vault', 'vault');
  const waits = await cliEnds(0, options, 'prune', '--vault', 'vault', '--preview');
  assert.match(
    waits.stdout,
    /marked, waits: 1\d small packs, to be put together \(6\d\.\d+ KiB written anew\)/,
  );
  for (const limit of ['500 MiB', 'unlimited']) {
    const other = await cliEnds(0, options, 'prune', '--vault', 'vault', '--preview', '--max-unused', limit);
    assert.match(other.stdout, /1\d small packs/, limit);
  }
});

test('a prune with nothing to do says so and leaves no record; a wrong duration or share is refused', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path };
  await cliEnds(0, options, 'vault', 'init', 'vault', '--no-recovery-key');
  const records = () => readdirSync(join(folder.path, 'vault', 'lifeboat', 'evidence'), { recursive: true });
  const before = records();
  const nothing = await cliEnds(0, options, 'prune', '--vault', 'vault');
  assert.match(nothing.stdout, /nothing to remove/);
  assert.deepEqual(records(), before);
  const duration = await cliEnds(2, options, 'prune', '--vault', 'vault', '--grace', 'soon');
  assert.match(duration.stderr, /"soon" is no duration/);
  const share = await cliEnds(2, options, 'prune', '--vault', 'vault', '--max-unused', '100%', '--json');
  assert.equal(lastLine(share)['code'], 'USAGE');
});

/** Flips one bit of the largest pack; the function it gives flips it back. */
function damagePack(vault: string): () => void {
  const data = join(vault, 'data');
  const [pack] = readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
  assert.ok(pack);
  chmodSync(pack, 0o600);
  const flip = () => {
    const bytes = readFileSync(pack);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    writeFileSync(pack, bytes);
  };
  flip();
  return flip;
}

test('while a check has found damage that nothing shows to be mended, nothing is marked or removed', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path };
  const vault = join(folder.path, 'vault');
  await makeGarbage(options);
  const mend = damagePack(vault);
  await cliEnds(13, options, 'check', '--vault', 'vault', '--read-data');
  const objects = () =>
    readdirSync(vault, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !name.startsWith('lifeboat/evidence') && !name.startsWith('lifeboat/spare'),
    );
  const before = objects();
  const refused = await cliEnds(1, options, 'prune', '--vault', 'vault', '--grace', '0s', '--json');
  assert.equal(lastLine(refused)['code'], 'DELETION_PAUSED');
  assert.match(String(lastLine(refused)['message']), /a check found damage at .* \(record [-0-9a-f]+\)/);
  assert.match(
    String(lastLine(refused)['hint']),
    /repair heal --vault .*check --vault .* --read-data.*--despite-damage/,
  );
  const preview = await cliEnds(0, options, 'prune', '--vault', 'vault', '--preview');
  assert.match(preview.stderr, /a check found damage/);
  assert.deepEqual(objects(), before);
  mend();
  await cliEnds(1, options, 'prune', '--vault', 'vault');
  await cliEnds(0, options, 'check', '--vault', 'vault', '--read-data');
  await cliEnds(0, options, 'prune', '--vault', 'vault', '--grace', '0s');
  assert.ok(objects().length < before.length);
});

test('a person lets a prune go on despite damage, says why, and later damage counts again', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path };
  await makeGarbage(options);
  damagePack(join(folder.path, 'vault'));
  await cliEnds(13, options, 'check', '--vault', 'vault', '--read-data');
  const despite = ['prune', '--vault', 'vault', '--despite-damage'];
  await cliEnds(2, options, 'prune', '--vault', 'vault', '--why', 'a reason for nothing');
  await cliEnds(2, options, ...despite);
  await cliEnds(0, options, ...despite, '--why', 'the disk is full');
  await cliEnds(0, options, 'prune', '--vault', 'vault');
  await cliEnds(13, options, 'check', '--vault', 'vault', '--read-data');
  await cliEnds(1, options, 'prune', '--vault', 'vault');
});

test('under suspicion damage is no reason to go on, and no record says that somebody did', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path };
  await makeGarbage(options);
  damagePack(join(folder.path, 'vault'));
  await cliEnds(13, options, 'check', '--vault', 'vault', '--read-data');
  await using vault = await openVaultHere(folder.path);
  const run = testRun(Date.now);
  await vault.append({
    ...{ type: 'pause', ...sharedFields(run, vault.id), ...recordTimes(Date.now(), Date.now()) },
    ...{ system: 'uploads', verdict: 'pass', action: 'pause', reason: 'encrypted' },
  });
  const words = ['prune', '--vault', 'vault', '--despite-damage', '--why', 'the disk is full', '--json'];
  const refused = await cliEnds(1, options, ...words);
  assert.match(String(lastLine(refused)['message']), /uploads is under suspicion/);
  assert.doesNotMatch(refused.stderr, /removed all the same/);
  const { records } = await vault.records();
  const actions = records.flatMap((record) => (record.type === 'pause' ? [record.action] : []));
  assert.deepEqual(actions, ['pause']);
});

test('vaults that this machine only adds to are left to another one, and a prune of nothing else is refused', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path };
  for (const name of ['here', 'away']) await cliEnds(0, options, 'vault', 'init', name, '--no-recovery-key');
  const plan = (hereAppendOnly: boolean) =>
    JSON.stringify({
      version: 1,
      metadata: { id: '8d1f6a3e-52a7-4a6e-9a43-5a4f6a1c2b71', name: 'shop', owner: 'Jane Doe' },
      vaults: {
        here: { location: './here', append_only: hereAppendOnly },
        away: { location: './away', role: 'secondary', append_only: true },
      },
      systems: { x: { source: { kind: 'files', paths: ['./x'] } } },
      profiles: { keeper: { vaults: { away: { append_only: false } } } },
    });
  writeFileSync(join(folder.path, 'lifeboat.yaml'), plan(false));
  const run = await cliEnds(0, options, 'prune');
  assert.match(run.stderr, /away: this machine only adds there/);
  assert.match(run.stdout, /^here: /m);
  for (const words of [
    ['prune', '--vault', 'away'],
    ['prune', '--vault', 'away', '--grace', '0s'],
  ])
    assert.equal(lastLine(await cliEnds(1, options, ...words, '--json'))['code'], 'STORE_APPEND_ONLY');
  await cliEnds(0, options, 'prune', '--vault', 'away', '--profile', 'keeper');
  writeFileSync(join(folder.path, 'lifeboat.yaml'), plan(true));
  assert.equal(lastLine(await cliEnds(1, options, 'prune', '--json'))['code'], 'STORE_APPEND_ONLY');
});
