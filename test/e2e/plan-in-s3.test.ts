/** A plan whose only vault is a bucket with object lock, its access named by the plan: made, filled, proved, restored. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareTrees } from '../support/compare-trees.ts';
import { startMoto } from '../support/s3-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type CliOptions, cliEnds, password } from './cli-process.ts';

test('a plan keeps its points in a locked bucket, and brings them back from there', async () => {
  await using server = await startMoto();
  using scene = temporaryFolder();
  const folder = scene.path;
  const bucket = await server.makeBucket({ locked: true });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  mkdirSync(join(folder, 'uploads'));
  for (let file = 0; file < 20; file += 1) write(`uploads/${file}`, `${file} `.repeat(file * 500));
  write('access', `${server.accessKeyId}:${server.secretAccessKey}\n`);
  write('password', `${password}\n`);
  write(
    'lifeboat.yaml',
    `version: 1
metadata: { id: 0b1d6a3e-6c2b-4d0e-9a53-5a1e8f0f7a11, name: Shop, owner: Jane Doe, time_zone: UTC }
vaults:
  away:
    location: s3://${bucket}/vault
    endpoint: ${server.endpoint}
    region: eu-central-1
    credentials: \${file:./access}
    password: \${file:./password}
    immutability: { mode: governance, for: 1 day }
objectives: { rpo: 30 h, rto: 8 h }
systems:
  uploads: { source: { kind: files, paths: [./uploads] }, schedule: daily, checks: [files] }
`,
  );
  const environment = { AWS_CONFIG_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true' };
  const options: CliOptions = { folder, environment, secrets: [server.secretAccessKey] };

  await cliEnds(0, options, 'vault', 'init', 'away', '--no-recovery-key');
  const saved = await cliEnds(0, options, 'backup');
  assert.match(saved.stdout, /^ok +uploads → away/m);
  await cliEnds(0, options, 'verify');
  await cliEnds(0, options, 'status');
  await cliEnds(0, options, 'restore', 'uploads', '--to', join(folder, 'back'), '--yes');
  const back = join(folder, 'back', folder, 'uploads');
  assert.deepEqual(compareTrees(join(folder, 'uploads'), back), []);
});
