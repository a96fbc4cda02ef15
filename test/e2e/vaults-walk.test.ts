/** The walk of the guide on vaults: a disk, a locked bucket, an archive in Azure, and one plan. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type AzureServer, startAzurite } from '../support/azure-server.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { type S3Server, startMoto } from '../support/s3-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type CliOptions, cli, cliEnds, jsonLines, lastLine, password } from './cli-process.ts';
import { rarely } from './up-scene.ts';

const ofType = (run: Parameters<typeof jsonLines>[0], type: string) =>
  jsonLines(run).filter((line) => line.type === type);

test('three vaults are made, filled by one capture, kept by themselves, shown, and restored from', async () => {
  await using s3 = await startMoto();
  await using azure = await startAzurite();
  using scene = temporaryFolder();
  const folder = scene.path;
  const bucket = await s3.makeBucket({ locked: true });
  const container = await azure.makeContainer();
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  mkdirSync(join(folder, 'uploads'));
  for (let file = 0; file < 20; file += 1) write(`uploads/${file}`, `${file} `.repeat(file * 500));
  write('s3-access', `${s3.accessKeyId}:${s3.secretAccessKey}\n`);
  write('azure-access', `${azure.accountKey}\n`);
  write('password', `${password}\n`);
  write('lifeboat.yaml', planOf(s3, azure, bucket, container));
  const environment = { AWS_CONFIG_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true' };
  const options: CliOptions = { folder, environment, secrets: [s3.secretAccessKey, azure.accountKey] };

  for (const vault of ['disk', 'bucket', 'archive'])
    await cliEnds(0, options, 'vault', 'init', vault, '--no-recovery-key');
  const first = await cliEnds(0, options, 'run-due', '--json');
  assert.equal(ofType(first, 'backup').length, 1);
  assert.deepEqual(
    ofType(first, 'copy')
      .map(({ vault, verdict, read_back }) => [vault, verdict, read_back])
      .sort(),
    [
      ['archive', 'pass', 'pass'],
      ['bucket', 'pass', 'pass'],
    ],
  );
  const idle = await cliEnds(0, options, 'run-due', '--json');
  const { backups, copies, proofs, chores, good } = lastLine(idle);
  assert.deepEqual([backups, copies, proofs, chores, good], [0, 0, 0, 0, true]);

  await looksAtVaults(options);
  await cliEnds(0, options, 'copies');
  await cliEnds(0, options, 'forget', '--preview');
  await cliEnds(0, options, 'prune', '--preview');
  assert.match(
    (await cliEnds(0, options, 'vault', 'policy', 'bucket', '--for', 'backup')).stdout,
    /s3:PutObject/,
  );
  await cliEnds(0, options, 'vault', 'audit', 'bucket');
  const audited = await cliEnds(0, options, 'status', '--json');
  const locked = ofType(audited, 'vault').find(({ vault }) => vault === 'bucket');
  assert.partialDeepStrictEqual(locked, { immutable: { status: 'ok' } });
  assert.equal(
    lastLine(await cli(options, 'forget', '--yes', '--vault', 'bucket', '--json'))['forgotten'],
    0,
  );

  // the disk is lost, with everything on it
  rmSync(join(folder, 'disk'), { recursive: true });
  await cliEnds(0, options, 'restore', 'uploads', '--to', join(folder, 'back'), '--yes');
  const back = join(folder, 'back', folder, 'uploads');
  assert.deepEqual(compareTrees(join(folder, 'uploads'), back), []);
  assert.ok(readFileSync(join(back, '7'), 'utf8').startsWith('7 7 '));
});

function planOf(s3: S3Server, azure: AzureServer, bucket: string, container: string): string {
  return `version: 1
metadata: { id: 0b1d6a3e-6c2b-4d0e-9a53-5a1e8f0f7a12, name: Shop, owner: Jane Doe, time_zone: UTC }
vaults:
  disk: { location: ./disk, password: "\${file:./password}", retention: { daily: 7 } }
  bucket:
    location: s3://${bucket}/vault
    role: secondary
    endpoint: ${s3.endpoint}
    region: eu-central-1
    credentials: \${file:./s3-access}
    password: \${file:./password}
    off_site: true
    immutability: { mode: governance, for: 1 day }
    copy_within: 15 min
  archive:
    location: azure://${azure.account}/${container}/vault
    role: archive
    endpoint: ${azure.origin}
    credentials: \${file:./azure-access}
    password: \${file:./password}
    filled_by: disk
    storage_class: Cool
    retention: { monthly: 12 }
objectives: { rpo: 40 days, rto: 8 h }
systems:
  uploads: { source: { kind: files, paths: [./uploads] }, schedule: ${rarely}, checks: [files], vaults: [disk, bucket] }
`;
}

async function looksAtVaults(options: CliOptions): Promise<void> {
  const shown = await cliEnds(0, options, 'status', '--json');
  const states = new Map(ofType(shown, 'vault').map((line) => [line['vault'], line]));
  assert.deepEqual([...states.keys()], ['disk', 'bucket', 'archive']);
  for (const state of states.values()) {
    assert.partialDeepStrictEqual(state, { store: { status: 'ok' }, copies: { status: 'ok' } });
    assert.partialDeepStrictEqual(state, { reread: { status: 'none' }, key: { status: 'failed' } });
  }
  assert.partialDeepStrictEqual(states.get('bucket'), {
    deletion: { status: 'none', reason: 'the plan gives nothing up' },
  });
  const people = await cliEnds(0, options, 'status');
  const blocks = people.stdout.slice(people.stdout.indexOf('\ndisk'));
  assert.ok(
    blocks.split('\n').every((line) => line.length <= 80),
    blocks,
  );
}
