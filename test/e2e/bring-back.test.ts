/** A thief with all rights but one empties a versioned bucket; the vault comes back, and then restores. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { compareTrees } from '../support/compare-trees.ts';
import { type S3Server, startMoto } from '../support/s3-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type CliOptions, cliEnds, jsonLines, lastLine, password } from './cli-process.ts';

async function keysIn({ client }: S3Server, bucket: string): Promise<readonly string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = '' }) => Key);
}

test('a bucket that was emptied and overwritten comes back, checks clean and restores', async () => {
  await using server = await startMoto();
  using scene = temporaryFolder();
  const folder = scene.path;
  const bucket = await server.makeBucket({ versioned: true });
  const location = `s3:${server.endpoint}/${bucket}/vault`;
  mkdirSync(join(folder, 'uploads'));
  for (let file = 0; file < 5; file += 1)
    writeFileSync(join(folder, 'uploads', String(file)), `${file} `.repeat(500));
  const environment = { ...server.environment, AWS_REGION: server.region };
  const options: CliOptions = { folder, environment, secrets: [server.secretAccessKey, password] };
  await cliEnds(0, options, 'vault', 'init', location, '--no-recovery-key');
  await cliEnds(0, options, 'backup', '--vault', location, '--path', 'uploads');
  const before = await keysIn(server, bucket);
  const pack = before.find((key) => key.startsWith('vault/data/')) ?? assert.fail('no pack');

  await server.client.send(new PutObjectCommand({ Bucket: bucket, Key: pack, Body: 'ransom' }));
  for (const Key of before)
    if (Key !== pack) await server.client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  rmSync(join(folder, 'cache'), { recursive: true, force: true });
  const left = await cliEnds(13, options, 'snapshots', '--vault', location);
  assert.match(left.stderr, /what is left of a vault.*vault bring-back/s);

  const bring = ['vault', 'bring-back', location, '--since', new Date(Date.now() - 3_600_000).toISOString()];
  await cliEnds(2, options, 'vault', 'bring-back', location);
  await cliEnds(2, options, ...bring);
  const preview = jsonLines(await cliEnds(0, options, ...bring, '--preview', '--json'));
  const found = preview.filter(({ type }) => type === 'object');
  assert.deepEqual(
    found.filter(({ state }) => state === 'covered').map(({ key }) => `vault/${key}`),
    [pack],
  );
  assert.equal(preview.at(-1)?.['keys_left_aside'], 2, 'the key and its second copy');
  assert.deepEqual(await keysIn(server, bucket), [pack], 'a preview changes nothing');

  const done = lastLine(await cliEnds(0, options, ...bring, '--keys', '--yes', '--json'));
  assert.deepEqual([done['put_again'], done['uncovered'], done['failed']], [1, before.length - 1, 0]);
  assert.deepEqual(await keysIn(server, bucket), before);
  await cliEnds(0, options, 'check', '--vault', location, '--read-data');
  await cliEnds(0, options, 'rescue', 'restore', '--vault', location, '--to', join(folder, 'back'));
  assert.deepEqual(compareTrees(join(folder, 'uploads'), join(folder, 'back', folder, 'uploads')), []);
  const again = await cliEnds(0, options, ...bring, '--keys', '--yes');
  assert.match(again.stdout, /nothing was found that was deleted since then and can come back/);
});
