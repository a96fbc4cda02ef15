/** Answers that no sound S3 server gives, from a server that gives them: none of them may pass for a good one. */
import assert from 'node:assert/strict';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ObjectStore } from '../object-store.ts';
import { openS3Store } from './s3-store.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Scene extends AsyncDisposable {
  readonly store: ObjectStore;
  /** Method, path and headers of what was asked. */
  readonly asked: IncomingMessage[];
}

const credentials = { accessKeyId: 'key', secretAccessKey: 'secret words', sessionToken: 'a token' };
const retainNew = { forMs: 24 * 60 * 60 * 1000, mode: 'governance' } as const;

async function answering(answer: Answer): Promise<Scene> {
  const asked: IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request);
    request.resume().once('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const endpoint = `http://127.0.0.1:${address.port}`;
  const store = openS3Store({ endpoint, bucket: 'bucket', prefix: 'vault' }, { credentials, retainNew });
  return {
    store,
    asked,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const says =
  (body: string, status = 200, headers: Readonly<Record<string, string>> = {}): Answer =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body);

const page = '<html><body><h1>Sign in</h1></body></html>';
const bytes = Buffer.from('bytes');
const odd = { code: 'STORE_UNAVAILABLE', retryable: true };

for (const [what, body] of [
  ['an empty answer', ''],
  ['the page of a console', page],
  ['a list that is cut off', '<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated><Conten'],
] as const)
  test(`${what} is no empty list`, async () => {
    await using scene = await answering(says(body));
    await assert.rejects(Array.fromAsync(scene.store.list('')), odd);
    await assert.rejects(Array.fromAsync(scene.store.abilities.versions?.listVersions('') ?? []), odd);
  });

test('an empty list is one that says so', async () => {
  const list = '<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated></ListBucketResult>';
  await using scene = await answering(says(list));
  assert.deepEqual(await Array.fromAsync(scene.store.list('')), []);
});

test('a page that answers to a put has stored nothing', async () => {
  await using scene = await answering(says(page));
  const { store } = scene;
  await assert.rejects(store.put('data/x', bytes), odd);
  await assert.rejects(async () => await store.abilities.createOnly?.create('data/x', bytes), odd);
  await assert.rejects(store.put('data/x', Buffer.alloc(40 * 1024 * 1024)), LifeboatError);
});

test('a part that begins elsewhere is not what was asked for', async () => {
  await using scene = await answering(says('abcd', 206, { 'content-range': 'bytes 0-3/100' }));
  await assert.rejects(scene.store.get('data/x', { offset: 10, length: 4 }), odd);
  assert.equal((await scene.store.get('data/x', { offset: 0, length: 4 })).toString(), 'abcd');
});

test('locks of every repository in a vault are put without a retention, all else with one', async () => {
  await using scene = await answering(says('', 200, { etag: '"tag"' }));
  const keys = ['locks/a', 'lifeboat/repositories/shop/locks/a', 'data/aa/aa'];
  for (const key of keys) await scene.store.put(key, bytes);
  const retained = scene.asked.map(({ headers }) => headers['x-amz-object-lock-mode']);
  assert.deepEqual(retained, [undefined, undefined, 'GOVERNANCE']);
});

for (const [until, mode] of [
  ['2001-01-01T00:00:00Z', undefined],
  ['2999-01-01T00:00:00Z', 'GOVERNANCE'],
] as const)
  test(`an object that is kept until ${until} moves to another class`, async () => {
    const head = {
      'content-length': '5',
      'x-amz-object-lock-mode': 'GOVERNANCE',
      'x-amz-object-lock-retain-until-date': until,
    };
    const copied = says('<CopyObjectResult><ETag>"tag"</ETag></CopyObjectResult>');
    const looked = says('', 200, head);
    await using scene = await answering((request, response) =>
      (request.method === 'HEAD' ? looked : copied)(request, response),
    );
    await scene.store.abilities.storageClasses?.moveTo('GLACIER', 'data/x');
    const [, copy] = scene.asked;
    assert.equal(copy?.headers['x-amz-storage-class'], 'GLACIER');
    assert.equal(copy?.headers['x-amz-object-lock-mode'], mode);
  });

test('what a server quotes of a request is told without its token', async () => {
  const words = 'bad header x-amz-security-token: a token';
  await using scene = await answering(
    says(`<Error><Code>InvalidArgument</Code><Message>${words}</Message></Error>`, 400),
  );
  await assert.rejects(scene.store.get('data/x'), (error: unknown) => {
    assert.ok(error instanceof LifeboatError && error.cause instanceof Error);
    assert.equal(error.cause.message, 'bad header x-amz-security-token: …');
    assert.ok(!`${error.message} ${error.stack} ${error.cause.stack}`.includes('a token'));
    return true;
  });
});

test('a bucket that could not be looked at is looked at again', async () => {
  let isDown = true;
  await using scene = await answering((request, response) => {
    const isBucket = request.url === '/bucket' || request.url === '/bucket/';
    response.writeHead(isBucket && isDown ? 503 : 404).end();
  });
  await assert.rejects(scene.store.stat('data/x'), { code: 'OBJECT_MISSING' });
  isDown = false;
  await assert.rejects(scene.store.stat('data/x'), {
    code: 'STORE_UNAVAILABLE',
    message: /bucket does not exist/,
  });
});

for (const endpoint of [
  'https://:words@host',
  'https://key:words@host',
  'https://host?key=words',
  'ftp://host',
])
  test(`${endpoint.replace('words', '…')} is no endpoint, and is not repeated`, () => {
    assert.throws(
      () => openS3Store({ endpoint, bucket: 'bucket', prefix: '' }, { credentials }),
      (error: unknown) => {
        assert.ok(error instanceof LifeboatError);
        assert.equal(error.code, 'CONFIG_INVALID');
        assert.ok(!`${error.message} ${error.hint}`.includes('words'));
        return true;
      },
    );
  });
