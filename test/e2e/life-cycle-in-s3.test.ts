/** What `vault policy --for store` prints of a plan's life cycle is what a bucket takes and gives back. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  type PutBucketLifecycleConfigurationCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { type S3Server, startMoto } from '../support/s3-server.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { cliEnds } from './cli-process.ts';

let server: S3Server;
let scene: TemporaryFolder;
let bucket: string;

before(async () => {
  server = await startMoto();
  scene = temporaryFolder();
  bucket = await server.makeBucket({ locked: true });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  scene[Symbol.dispose]();
});

function writePlan(lifecycle: string): void {
  const plan = `version: 1
metadata: { id: 0b1d6a3e-6c2b-4d0e-9a53-5a1e8f0f7a11, name: Shop, owner: Jane Doe, time_zone: UTC }
vaults:
  away:
    location: s3://${bucket}/vault
    immutability: { mode: governance, for: 30 days }
    lifecycle:
      - ${lifecycle}
systems:
  uploads: { source: { kind: files, paths: [./uploads] }, schedule: daily, checks: [files] }
`;
  writeFileSync(join(scene.path, 'lifeboat.yaml'), plan);
}

test('the rules of the plan are put into the bucket and read back equal', async () => {
  writePlan(
    '{ name: ArchiveOldVersions, transition: { after: 30 days, storage_class: GLACIER }, expire_after: 120 days }',
  );
  const printed = await cliEnds(0, { folder: scene.path }, 'vault', 'policy', 'away', '--for', 'store');
  const input: PutBucketLifecycleConfigurationCommandInput = JSON.parse(printed.stdout)[
    'put-bucket-lifecycle-configuration'
  ];
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const client = new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
  });
  try {
    await client.send(new PutBucketLifecycleConfigurationCommand(input));
    const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    const told = input.LifecycleConfiguration?.Rules ?? [];
    assert.equal(told.length, 4);
    assert.deepEqual(Rules, told);
    assert.deepEqual(Rules.at(-1)?.NoncurrentVersionTransitions, [
      { NoncurrentDays: 30, StorageClass: 'GLACIER' },
    ]);
  } finally {
    client.destroy();
  }
});

test('no document is printed that would take the vault apart', async () => {
  for (const [rule, why] of [
    ['{ applies_to: current, expire_after: 30 days }', /points share their data/],
    [
      '{ applies_to: current, prefix: vault/index/, transition: { after: 30 days, storage_class: GLACIER } }',
      /nothing can be opened, listed or checked/,
    ],
    ['{ expire_after: 7 days }', /the vault is immutable for 30 days/],
  ] as const) {
    writePlan(rule);
    const refused = await cliEnds(6, { folder: scene.path }, 'vault', 'policy', 'away', '--for', 'store');
    assert.match(refused.stderr, why);
    assert.match(refused.stderr, /lifecycle\[0\]/);
    assert.equal(refused.stdout, '');
    await cliEnds(0, { folder: scene.path }, 'vault', 'policy', 'away', '--for', 'backup');
  }
});
