/** What is S3's own, and no guarantee of the port: on moto, and on a server that breaks its answers. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { after, before, test } from 'node:test';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { S3StoreSettings } from '../../src/object-store/s3/s3-place.ts';
import { openS3Store } from '../../src/object-store/s3/s3-store.ts';
import { type BucketOptions, type S3Server, startMoto } from '../support/s3-server.ts';

const hourMs = 3_600_000;
let server: S3Server;

before(async () => {
  server = await startMoto();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

async function freshStore(options: BucketOptions = {}, settings: S3StoreSettings = {}) {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const bucket = await server.makeBucket(options);
  const credentials = { accessKeyId, secretAccessKey };
  const store = openS3Store({ endpoint, bucket, prefix: 'vault' }, { credentials, ...settings });
  return Object.assign(store, { bucket });
}

test('new objects but locks are retained at once, large ones too, as the settings say', async () => {
  const retainNew = { forMs: hourMs, mode: 'compliance' } as const;
  await using store = await freshStore({ locked: true }, { retainNew });
  const { retention, storageClasses } = store.abilities;
  await store.put('data/ab', Buffer.from('x'));
  await store.put('large', Buffer.alloc(33 * 1024 * 1024));
  await storageClasses?.putInto('STANDARD_IA', 'classed', Buffer.from('x'));
  await store.put('locks/ab', Buffer.from('x'));
  for (const key of ['data/ab', 'large', 'classed']) {
    const state = await retention?.retentionOf(key);
    assert.equal(state?.mode, 'compliance', key);
    assert.ok(Math.abs((state?.untilMs ?? 0) - Date.now() - hourMs) < 60_000, key);
  }
  assert.deepEqual(await retention?.retentionOf('locks/ab'), { legalHold: false });
});

test('a bucket without object lock is named when retention is asked of it', async () => {
  await using store = await freshStore();
  await store.put('key', Buffer.from('x'));
  await assert.rejects(async () => store.abilities.retention?.retain('key', Date.now() + hourMs), {
    code: 'STORE_UNFIT',
    message: /without object lock/,
  });
});

test('a large object is created only where none is, and one that is cut short leaves no parts', async () => {
  await using store = await freshStore();
  const { createOnly } = store.abilities;
  const large = Buffer.alloc(33 * 1024 * 1024, 'a');
  assert.equal(await createOnly?.create('large', large), 'created');
  for (const afterMs of [0, 3, 10, 30, 100]) {
    const controller = new AbortController();
    const cut = store.put('cut', large, controller.signal);
    setTimeout(() => controller.abort(new Error('cut short')), afterMs);
    await assert.rejects(cut, /cut short/);
  }
  assert.deepEqual(
    (await Array.fromAsync(store.list(''))).map(({ key }) => key),
    ['large'],
  );
  const { Uploads = [] } = await server.client.send(
    new ListMultipartUploadsCommand({ Bucket: store.bucket }),
  );
  assert.deepEqual(Uploads, []);
});

test('a class that S3 does not have is named, with those it has', async () => {
  await using store = await freshStore();
  await assert.rejects(async () => store.abilities.storageClasses?.putInto('Cool', 'key', Buffer.from('x')), {
    code: 'STORE_UNFIT',
    hint: /GLACIER/,
  });
});

test('what is asked for from an archive is thawing, then ready until a date', async () => {
  await using store = await freshStore();
  await setTransition({ progression: 'manual', times: 2 });
  try {
    const { storageClasses, thaw } = store.abilities;
    await storageClasses?.putInto('GLACIER', 'cold', Buffer.from('content'));
    assert.deepEqual(await thaw?.stateOf('cold'), { kind: 'cold' });
    await thaw?.thaw('cold', 'bulk', 3);
    assert.deepEqual(await thaw?.stateOf('cold'), { kind: 'thawing' });
    await thaw?.thaw('cold', 'bulk', 3);
    let state = await thaw?.stateOf('cold');
    for (let look = 0; look < 5 && state?.kind === 'thawing'; look += 1) state = await thaw?.stateOf('cold');
    assert.equal(state?.kind, 'ready');
    assert.equal((await store.get('cold')).toString(), 'content');
    assert.equal(await storageClasses?.classOf('cold'), 'GLACIER');
  } finally {
    await setTransition({ progression: 'immediate' });
  }
});

/** How moto brings archived objects back. */
async function setTransition(transition: Readonly<Record<string, unknown>>): Promise<void> {
  const answer = await fetch(`${server.endpoint}/moto-api/state-manager/set-transition`, {
    method: 'POST',
    body: JSON.stringify({ model_name: 's3::keyrestore', transition }),
  });
  assert.equal(answer.status, 201);
}

const broken: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ['a body that ends early', (to) => endEarly(to, 200, { 'content-length': '10' })],
  ['a range that ends early', (to) => endEarly(to, 206, rangeHeaders(10))],
  ['a shorter range than was asked for', (to) => to.writeHead(206, rangeHeaders(4)).end('abcd')],
  [
    'the whole object in place of a range',
    (to) => to.writeHead(200, { 'content-length': '20' }).end('x'.repeat(20)),
  ],
  ['no length at all', (to) => to.writeHead(206, { 'content-range': 'bytes 0-9/20' }).end('abcd')],
  ['a page of some proxy', (to) => to.writeHead(502, { 'content-type': 'text/html' }).end('<html><p>no')],
  ['nothing but the end of the connection', (to) => to.destroy()],
];

for (const [what, answer] of broken) {
  test(`${what} is an error that may pass, and never short bytes`, async () => {
    await using front = await listening((_request, response) => answer(response));
    const place = { endpoint: `http://127.0.0.1:${front.port}`, bucket: 'bucket', prefix: '' };
    await using store = openS3Store(place, { credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    const range = what.includes('body') ? undefined : { offset: 0, length: 10 };
    await assert.rejects(store.get('key', range), { code: 'STORE_UNAVAILABLE', retryable: true });
  });
}

test('the proxy of the environment is asked, but for this machine itself', async () => {
  const asked: string[] = [];
  await using proxy = await listening((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'content-length': '5' }).end('proxy');
  });
  await using direct = await listening((_request, response) => {
    response.writeHead(200, { 'content-length': '6' }).end('direct');
  });
  process.env['HTTP_PROXY'] = `http://127.0.0.1:${proxy.port}`;
  try {
    const read = async (endpoint: string): Promise<string> => {
      const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
      await using store = openS3Store({ endpoint, bucket: 'bucket', prefix: 'vault' }, { credentials });
      return (await store.get('key')).toString();
    };
    assert.equal(await read('http://s3.example.test'), 'proxy');
    assert.equal(await read(`http://127.0.0.1:${direct.port}`), 'direct');
    assert.deepEqual(
      asked.map((url) => url.replace(/\?.*/, '')),
      ['http://s3.example.test/bucket/vault/key'],
    );
  } finally {
    delete process.env['HTTP_PROXY'];
  }
});

test('Amazon is asked at the host of the bucket, and other servers by a path', async () => {
  const hosts: string[] = [];
  await using proxy = await listening((request, response) => {
    hosts.push(request.url ?? '');
    response.writeHead(200).end();
  });
  process.env['HTTPS_PROXY'] = `http://127.0.0.1:${proxy.port}`;
  proxy.server.on('connect', (request, socket) => {
    hosts.push(request.url ?? '');
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  try {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    await using store = openS3Store({ bucket: 'shop', prefix: '' }, { region: 'eu-central-1', credentials });
    await assert.rejects(store.get('key'), { code: 'STORE_UNAVAILABLE' });
    assert.deepEqual(hosts, ['shop.s3.eu-central-1.amazonaws.com:443']);
  } finally {
    delete process.env['HTTPS_PROXY'];
  }
});

interface Listening extends AsyncDisposable {
  readonly port: number;
  readonly server: Server;
}

async function listening(answer: RequestListener): Promise<Listening> {
  const front = createServer(answer);
  const port = await new Promise<number>((resolve) => {
    front.listen(0, '127.0.0.1', () => {
      const address = front.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    port,
    server: front,
    [Symbol.asyncDispose]: async () => {
      front.closeAllConnections();
      front.close();
    },
  };
}

function rangeHeaders(length: number): Readonly<Record<string, string>> {
  return { 'content-length': `${length}`, 'content-range': `bytes 0-${length - 1}/20` };
}

function endEarly(to: ServerResponse, status: number, headers: Readonly<Record<string, string>>): void {
  to.writeHead(status, headers);
  to.write('abcd', () => to.destroy());
}
