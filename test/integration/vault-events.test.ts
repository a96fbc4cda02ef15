/** The history of a vault begins with its making, and knows every key that came and went. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import { cliEnds, lastLine, password } from '../e2e/cli-process.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('making a vault, the proof of its store, adding and removing a key are in its records', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path };
  await cliEnds(0, options, 'vault', 'init', 'vault', '--recovery-key-file', 'sheet');
  const added = await cliEnds(
    0,
    options,
    ...['key', 'add', '--vault', 'vault', '--recovery-key-file', 'second', '--json'],
  );
  const keyId = String(lastLine(added)['key']);
  await cliEnds(0, options, 'key', 'remove', keyId.slice(0, 10), '--vault', 'vault');
  await using vault = await openVault({
    store: openLocalStore(join(folder.path, 'vault')),
    password,
    stateFolder: join(folder.path, 'elsewhere'),
    cacheDirectory: join(folder.path, 'cache'),
    nowMs: Date.now,
  });
  const { records, problems } = await vault.records();
  assert.deepEqual(problems, []);
  const told = records.map((record) => [record.type, record.type === 'key' ? record.action : '']);
  assert.deepEqual(told, [
    ['init', ''],
    ['key', 'add'],
    ['store', ''],
    ['key', 'add'],
    ['key', 'remove'],
  ]);
  const ids = records.flatMap((record) => (record.type === 'key' ? [record.keyId] : []));
  assert.deepEqual(ids.slice(1), [keyId, keyId]);
  assert.ok(!JSON.stringify(records).includes(readFileSync(join(folder.path, 'second'), 'utf8').trim()));
});

test('where an init was cut off, a vault is made anew that stock restic opens', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path };
  const at = (...names: string[]) => join(folder.path, 'vault', ...names);
  await cliEnds(0, options, 'vault', 'init', 'vault', '--no-recovery-key');
  rmSync(at('config'));
  for (const name of readdirSync(at('lifeboat')))
    if (name !== 'vault.json') rmSync(at('lifeboat', name), { recursive: true });
  const left = readdirSync(at('keys'));
  await cliEnds(0, options, 'vault', 'init', 'vault', '--no-recovery-key');
  assert.equal(readdirSync(at('keys')).length, 1);
  assert.notDeepEqual(readdirSync(at('keys')), left);
  await cliEnds(0, options, 'backup', '--vault', 'vault', '--path', at('keys'));
  await resticMustSucceed({ repository: at(), password }, 'check', '--read-data');
});
