/** A password that a key service has wrapped opens the vault of a plan; a real client against the KMS of moto. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CreateKeyCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { defined } from '../../src/error/assert.ts';
import { cliEnds, lastLine, password } from '../e2e/cli-process.ts';
import { type S3Server, startMoto } from '../support/s3-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let server: S3Server;
let kms: KMSClient;

before(async () => {
  server = await startMoto();
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  kms = new KMSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
});
after(async () => {
  kms.destroy();
  await server[Symbol.asyncDispose]();
});

async function newKey(): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  return defined(KeyMetadata?.KeyId, 'id of a new key');
}

function optionsIn(folder: string, more: Readonly<Record<string, string | undefined>> = {}) {
  const environment = { ...server.environment, AWS_ENDPOINT_URL_KMS: server.endpoint, ...more };
  return { folder, environment, secrets: [server.secretAccessKey] };
}

test('a wrapped password opens the vault that the plan names, and the file says nothing', async () => {
  using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const keyId = await newKey();
  await cliEnds(0, optionsIn(folder.path), 'vault', 'init', 'here', '--no-recovery-key');
  await cliEnds(
    0,
    optionsIn(folder.path),
    'key',
    'wrap',
    '--vault',
    'here',
    '--kms',
    keyId,
    '--out',
    'here.kms',
  );
  const wrapped = readFileSync(at('here.kms'), 'latin1');
  assert.match(wrapped, /^[A-Za-z0-9+/=]+\n$/);
  assert.ok(!Buffer.from(wrapped, 'base64').includes(password));
  assert.equal(statSync(at('here.kms')).mode & 0o777, 0o600);
  const plan = {
    version: 1,
    metadata: { id: '8d1f6a3e-52a7-4a6e-9a43-5a4f6a1c2b77', name: 'shop', owner: 'Jane Doe' },
    vaults: { here: { location: './here', password: '${kms:here.kms}' } },
    systems: {},
  };
  writeFileSync(at('lifeboat.yaml'), JSON.stringify(plan));
  const later = optionsIn(folder.path, { LIFEBOAT_PASSWORD: undefined });
  await cliEnds(0, later, 'key', 'list');
  writeFileSync(at('here.kms'), Buffer.from(wrapped, 'base64'));
  await cliEnds(0, later, 'key', 'list');
  const Plaintext = Buffer.from(`${password}\n`);
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: keyId, Plaintext }));
  writeFileSync(at('here.kms'), Buffer.from(CiphertextBlob ?? []).toString('base64'));
  await cliEnds(0, later, 'key', 'list');
  writeFileSync(at('here.kms'), 'bm90aGluZyB0aGF0IHdhcyB3cmFwcGVk\n');
  const foreign = await cliEnds(1, later, 'key', 'list', '--json');
  assert.equal(lastLine(foreign)['code'], 'SECRET_UNAVAILABLE');
  assert.match(String(lastLine(foreign)['message']), /\$\{kms:here\.kms\} is not available: /);
  writeFileSync(at('here.kms'), '');
  await cliEnds(1, later, 'key', 'list');
});

test('a key that is not there, and a service that does not answer, are said to be', async () => {
  using folder = temporaryFolder();
  const options = optionsIn(folder.path);
  await cliEnds(0, options, 'vault', 'init', 'here', '--no-recovery-key');
  const wrap = ['key', 'wrap', '--vault', 'here', '--out', 'out', '--json'];
  const missing = await cliEnds(1, options, ...wrap, '--kms', '5e0c8f6a-0000-4000-8000-000000000000');
  assert.match(String(lastLine(missing)['message']), /the key service has no such key/);
  const away = optionsIn(folder.path, { AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:9' });
  const silent = await cliEnds(1, away, ...wrap, '--kms', await newKey());
  assert.match(String(lastLine(silent)['message']), /the key service cannot be asked: ECONNREFUSED/);
  await cliEnds(2, options, 'key', 'wrap', '--vault', 'here', '--kms', 'x');
  await cliEnds(2, options, 'key', 'wrap', '--vault', 'here', '--out', 'x');
  assert.ok(!existsSync(join(folder.path, 'out')));
});
