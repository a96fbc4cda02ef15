/** A plan with a vault in an archive class of S3, from the command line: what counts, what is refused, what is thawed. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type CliOptions, cli, cliEnds, jsonLines, lastLine, password } from '../e2e/cli-process.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { type S3Server, startMoto } from '../support/s3-server.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { newerRestic, resticMustSucceed } from '../support/stock-restic.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

let server: S3Server;
let scene: TemporaryFolder;
let options: CliOptions;
let bucket: string;

before(async () => {
  server = await startMoto();
  scene = temporaryFolder();
  const folder = scene.path;
  bucket = await server.makeBucket();
  const random = seededRandom(11);
  mkdirSync(join(folder, 'uploads'));
  for (let file = 0; file < 6; file++)
    writeFileSync(join(folder, `uploads/${file}.bin`), random.bytes(300_000));
  writeFileSync(join(folder, 'password'), `${password}\n`);
  writeFileSync(
    join(folder, 'lifeboat.yaml'),
    `version: 1
metadata: { id: 0b1d6a3e-6c2b-4d0e-9a53-5a1e8f0f7a12, name: Shop, owner: Jane Doe, time_zone: UTC }
vaults:
  here: { location: ./vault, password: "\${file:./password}" }
  cold:
    location: s3://${bucket}/vault
    endpoint: ${server.endpoint}
    role: archive
    password: \${file:./password}
    storage_class: GLACIER
    copy_within: 2 h
objectives: { rpo: 30 h, rto: 8 h }
systems:
  uploads: { source: { kind: files, paths: [./uploads] }, schedule: daily, checks: [files] }
`,
  );
  options = { folder, environment: server.environment, secrets: [server.secretAccessKey] };
  await setTransition({ progression: 'manual', times: 4 });
  for (const vault of ['here', 'cold'])
    await cliEnds(0, options, 'vault', 'init', vault, '--no-recovery-key');
});

after(async () => {
  await server[Symbol.asyncDispose]();
  scene[Symbol.dispose]();
});

/** How moto brings archived objects back: after it was asked so many times. */
async function setTransition(transition: Readonly<Record<string, unknown>>): Promise<void> {
  const answer = await fetch(`${server.endpoint}/moto-api/state-manager/set-transition`, {
    method: 'POST',
    body: JSON.stringify({ model_name: 's3::keyrestore', transition }),
  });
  assert.equal(answer.status, 201);
}

test('a copy in an archive class is written, never counts as read back, and is not owed again', async () => {
  const saved = await cliEnds(0, options, 'backup');
  assert.match(saved.stdout, /→ here .*read back/);
  assert.match(saved.stdout, /→ cold .*written; in an archive class, so it was not read back/);
  const again = lastLine(await cliEnds(0, options, 'copy', '--json'));
  assert.equal(again['copies'] ?? again['points'] ?? 0, 0, JSON.stringify(again));
  const points = jsonLines(await cliEnds(0, options, 'points', '--json'));
  const levels = points.flatMap((line) =>
    line.type === 'point' ? [`${line['vault']} ${line['proof']}`] : [],
  );
  assert.deepEqual(levels.toSorted(), ['cold written', 'here checked']);
  const proof = lastLine(await cliEnds(5, options, 'verify', '--vault', 'cold', '--json'));
  assert.equal(proof['type'], 'error');
});

test('a check says how much it could not read', async () => {
  const run = await cliEnds(0, options, 'check', '--vault', 'cold', '--read-data', '--json');
  const end = lastLine(run);
  assert.ok(Number(end['packs_cold']) > 0);
  assert.ok(Number(end['reread_percent']) < 100);
  const text = await cliEnds(0, options, 'check', '--vault', 'cold', '--read-data');
  assert.match(text.stdout, /not read: .* in an archive class/);
});

test('stock restic lists such a vault and finds its structure sound', async () => {
  const repository = `s3:${server.endpoint}/${bucket}/vault`;
  const environment = server.environment;
  for (const program of [undefined, newerRestic()]) {
    const restic = { repository, environment, ...(program === undefined ? {} : { program }) };
    await resticMustSucceed(restic, 'check');
    assert.match(await resticMustSucceed(restic, 'ls', 'latest'), /5\.bin/);
  }
});

test('a restore shows what must be thawed, refuses, asks, and goes on until the files are back', async () => {
  const back = join(scene.path, 'back');
  const line = ['restore', 'uploads', '--vault', 'cold', '--to', back];
  const preview = jsonLines(
    await cliEnds(0, options, ...line, '--preview', '--thaw-prices', '0.02,0.05', '--json'),
  );
  const archive = preview.find(({ type }) => type === 'preview')?.['archive'];
  assert.ok(typeof archive === 'object' && archive !== null);
  assert.match(JSON.stringify(archive), /"cold_packs":[1-9].*"speed":"bulk","usual_ms":43200000.*"cost":/);
  const part = await cliEnds(0, options, ...line, '--preview', '--include', '3.bin');
  assert.match(part.stdout, /cold .*must be thawed first/);
  assert.match(part.stdout, /--thaw bulk: usually within/);
  const refused = await cliEnds(1, options, ...line, '--yes');
  assert.match(refused.stderr, /OBJECT_COLD|must be thawed first/);
  assert.equal(existsSync(back), false);
  await cliEnds(2, options, ...line, '--no-wait');
  const asked = await cliEnds(5, options, ...line, '--thaw', 'bulk', '--no-wait', '--yes');
  assert.match(asked.stderr, /on their way/);
  assert.equal(existsSync(back), false);
  let runs = 1;
  for (let exitCode: number | null = 5; exitCode === 5 && runs < 8; runs++)
    ({ exitCode } = await cli(options, ...line, '--thaw', 'bulk', '--no-wait', '--yes'));
  assert.ok(existsSync(back), `still not there after ${runs} runs`);
  assert.deepEqual(compareTrees(join(scene.path, 'uploads'), join(back, scene.path, 'uploads')), []);
});
