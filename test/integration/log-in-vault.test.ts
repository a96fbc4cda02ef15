/** The log of a database in a real vault: written, read without us, checked, and brought back after a deletion. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LogArchive } from '../../src/log-archive/log-archive.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import { deletedObjects } from '../../src/vault/deleted-objects.ts';
import { initVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { cliEnds, jsonLines } from '../e2e/cli-process.ts';
import { append, branch, cutRandomly, logName, nearWindow, openLog } from '../support/log-scene.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const cheap = { N: 1024, r: 8, p: 1 };
const password = 'a password';
const end = nearWindow + 9000n;
const below = `lifeboat/log/${logName.system}/${logName.incarnation}/${branch}`;

function newVault(folder: string): Promise<Vault> {
  return initVault({
    store: openLocalStore(join(folder, 'vault')),
    ...{ password, role: 'primary', kdf: cheap, nowMs: Date.now },
    stateFolder: join(folder, 'state'),
    cacheDirectory: join(folder, 'cache'),
  });
}

async function fill(log: LogArchive): Promise<Buffer> {
  const random = seededRandom(77);
  const bytes = random.bytes(9000);
  await append(log, cutRandomly(random, nearWindow, bytes, 800));
  return bytes;
}

test('the program in docs/formats/log-archive.md writes the plain log out without anything of ours', async () => {
  using folder = temporaryFolder();
  await using vault = await newVault(folder.path);
  const log = vault.log(logName);
  const bytes = await fill(log);
  const program = join(folder.path, 'plain-log.mjs');
  const page = fs.readFileSync(join(import.meta.dirname, '../../docs/formats/log-archive.md'), 'utf8');
  fs.writeFileSync(program, /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
  const plainLog = (from: bigint, to: bigint): Buffer =>
    execFileSync(
      process.execPath,
      [program, join(folder.path, 'vault'), below, from.toString(16), to.toString(16)],
      { env: { ...process.env, PASSWORD: password }, stdio: ['ignore', 'pipe', 'ignore'] },
    );
  for (const isCompacted of [false, true]) {
    if (isCompacted) await log.compact({ piecesMax: 3 });
    assert.ok(plainLog(nearWindow, end).equals(bytes));
    assert.ok(plainLog(nearWindow + 1234n, nearWindow + 6789n).equals(bytes.subarray(1234, 6789)));
  }
  assert.throws(() => plainLog(nearWindow, end + 1n), 'what is not there is no success');
  assert.deepEqual(await vault.logs(), [logName]);
});

test('check finds a damaged piece, and reads the log only with the data', async () => {
  using folder = temporaryFolder();
  {
    await using vault = await newVault(folder.path);
    await fill(vault.log(logName));
  }
  const options = { folder: folder.path, environment: { LIFEBOAT_PASSWORD: password } };
  const check = async (exit: number, ...args: string[]) =>
    jsonLines(
      await cliEnds(
        exit,
        options,
        'rescue',
        'check',
        '--vault',
        join(folder.path, 'vault'),
        '--json',
        ...args,
      ),
    );
  const sound = (await check(0, '--read-data')).at(-1);
  assert.ok(Number(sound?.['bytes_read']) >= 9000);
  const [name = ''] = fs.readdirSync(join(folder.path, 'vault', below));
  const path = join(folder.path, 'vault', below, name);
  fs.chmodSync(path, 0o600);
  fs.truncateSync(path, fs.statSync(path).size - 1);
  await check(0);
  const findings = (await check(13, '--read-data')).filter(({ type }) => type === 'finding');
  assert.deepEqual(
    findings.map(({ object }) => object),
    [`${below}/${name}`],
  );
  fs.writeFileSync(join(folder.path, 'vault', below, 'notes.txt'), 'x');
  assert.match(String((await check(13)).find(({ type }) => type === 'finding')?.['object']), /notes\.txt$/);
});

test('what a compaction deleted is not brought back, what somebody else deleted is', async () => {
  const store = openMemoryStore([], { versioned: true });
  const log = openLog(store);
  await fill(log);
  await log.compact({ piecesMax: 2 });
  const keys = async () =>
    (await deletedObjects(store, { sinceMs: 0, withKeys: false })).objects.map(({ key }) => key);
  assert.deepEqual(await keys(), []);
  const segments = [...store.objects.keys()];
  assert.equal(segments.length, 2);
  for (const key of segments) await store.delete(key);
  assert.deepEqual((await keys()).sort(), segments.sort());
});
