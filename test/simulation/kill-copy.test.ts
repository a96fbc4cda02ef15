/** `kill -9` in the middle of a copy: the next one needs no help and reads only the rest. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compareTrees } from '../support/compare-trees.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo } from '../support/vault.ts';

const seed = 99;
const program = fileURLToPath(new URL('./copy-process.ts', import.meta.url));
const pollsMax = 3000;

const indexFiles = (vault: string) =>
  existsSync(join(vault, 'index')) ? readdirSync(join(vault, 'index')).length : 0;

test('a copy that is killed goes on from its last index', async () => {
  using folder = temporaryFolder();
  const [data, first, second] = ['data', 'first', 'second'].map((name) => join(folder.path, name));
  assert.ok(data && first && second);
  const random = seededRandom(seed);
  mkdirSync(data);
  for (let file = 0; file < 40; file++) writeFileSync(join(data, `file-${file}`), random.bytes(250_000));
  {
    await using from = await makeVault(first, { packBytesTarget: 200 * 1024 });
    await backUp(from, data);
    await using _to = await makeVault(second);
  }
  const child = spawn(process.execPath, [program, first, second], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  for (let poll = 0; indexFiles(second) < 3 && child.exitCode === null && poll < pollsMax; poll++)
    await sleep(5);
  child.kill('SIGKILL');
  await exit;
  assert.equal(child.signalCode, 'SIGKILL', 'it was still at work');
  await resticMustSucceed({ repository: second }, '--no-lock', 'check', '--read-data');
  const again = spawn(process.execPath, [program, first, second], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: Buffer[] = [];
  again.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  await once(again, 'close');
  const end: unknown = JSON.parse(Buffer.concat(said).toString());
  assert.ok(typeof end === 'object' && end !== null && 'bytesRead' in end && 'copied' in end);
  assert.equal(end.copied, 1);
  // three index files know of at least three packs, which are a sixteenth
  assert.ok(Number(end.bytesRead) < 9_500_000, `${String(end.bytesRead)} of 10 MB were read again`);
  await using to = await openVault(second);
  const restored = join(folder.path, 'restored');
  await restoreTo(to, 'latest', restored);
  assert.deepEqual(compareTrees(data, join(restored, data), { ignore: ['root'] }), []);
  await resticMustSucceed({ repository: second }, 'check', '--read-data');
});
