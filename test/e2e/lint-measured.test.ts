/** What past runs took reaches the arithmetic of the linter: from the records that this machine has read, without a key. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CliOptions, cli, cliEnds } from './cli-process.ts';
import { makeScene, shopDatabase, uploads } from './up-scene.ts';

const withoutPassword = { LIFEBOAT_PASSWORD: undefined };

/** On paper an hour is within an RPO of an hour; what was measured comes on top. */
async function lintOf(options: CliOptions): Promise<string> {
  const { stdout, stderr, exitCode } = await cli(options, 'lint');
  assert.equal(exitCode, stdout.includes('(measured)') ? 6 : 0, stdout + stderr);
  assert.equal(stderr, '');
  return stdout;
}

function filesBelow(folder: string): readonly string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test('lint says measured after two backups, and asks for no password', async () => {
  using scene = await makeScene();
  const objectives = { rpo: '1 h', rto: '1 h' };
  const hourly = { schedule: 'hourly', objectives };
  scene.writePlan({ systems: { uploads: { ...uploads, ...hourly }, db: { ...shopDatabase, ...hourly } } });
  const lint = () => lintOf({ ...scene.options, environment: withoutPassword });
  assert.match(await lint(), /a capture time that is not measured yet/);

  for (let round = 0; round < 2; round += 1) await cliEnds(0, scene.options, 'backup');
  const measured = await lint();
  assert.match(measured, /\+ \d[^+=]* capture \(measured\)[^=]* = worst case/);
  assert.doesNotMatch(measured, /not measured yet/);

  // another source: what the old one took says nothing of it
  scene.writePlan({
    systems: {
      uploads: { ...uploads, ...hourly, source: { kind: 'files', paths: ['.'] } },
      db: { ...shopDatabase, ...hourly },
    },
  });
  assert.match(await lint(), /a capture time that is not measured yet/);
});

test('a cache that is damaged or gone takes the figures away and nothing else', async () => {
  using scene = await makeScene();
  const plan = { ...uploads, schedule: 'hourly', objectives: { rpo: '1 h', rto: '1 h' } };
  scene.writePlan({ systems: { uploads: plan } });
  await cliEnds(0, scene.options, 'backup');
  const cache = scene.path('cache');
  const files = filesBelow(cache).filter((file) => /locations\.json$|record/.test(file));
  assert.ok(files.length >= 2);
  const kept = new Map(files.map((file) => [file, fs.readFileSync(file)]));
  const lint = () => lintOf(scene.options);
  const measured = await lint();
  assert.match(measured, /capture \(measured\)/);
  for (const [file, bytes] of kept) {
    for (const damage of [Buffer.from('[1]'), bytes.subarray(0, bytes.length / 2)]) {
      fs.writeFileSync(file, damage);
      assert.match(await lint(), /every hour.*worst case/);
      fs.writeFileSync(file, bytes);
    }
  }
  assert.equal(await lint(), measured);
  fs.rmSync(cache, { recursive: true });
  assert.match(await lint(), /a capture time that is not measured yet/);
});
