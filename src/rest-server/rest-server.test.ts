/** The protocol word by word, and clients that mean no good, over a store in memory. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import net from 'node:net';
import { test } from 'node:test';
import { withFaults } from '../object-store/fault.ts';
import { type MemoryStore, openMemoryStore } from '../object-store/memory/memory-store.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { nowMs } from '../platform/clock.ts';
import { type Access, type RestServer, type RestServerOptions, startRestServer } from './rest-server.ts';
import { parseUsers, userLine } from './users.ts';

interface Scene extends AsyncDisposable {
  readonly server: RestServer;
  readonly url: string;
  readonly log: Access[];
}

async function serve(store: ObjectStore, more: Partial<RestServerOptions> = {}): Promise<Scene> {
  const log: Access[] = [];
  const server = await startRestServer({
    store,
    host: '127.0.0.1',
    port: 0,
    appendOnly: false,
    privateRepositories: false,
    onAccess: (access) => log.push(access),
    nowMs,
    ...more,
  });
  return {
    server,
    url: `http://127.0.0.1:${server.port}`,
    log,
    [Symbol.asyncDispose]: async () => void (await server.end()),
  };
}

const bytes = Buffer.from('a pack, or what passes for one');
const id = hash('sha256', bytes, 'hex');
const post = (body: Buffer | string, headers: Readonly<Record<string, string>> = {}) => ({
  method: 'POST',
  body: typeof body === 'string' ? body : new Uint8Array(body),
  headers,
});

async function status(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  return response.status;
}

/** Everything that a raw connection is answered until it is closed. */
function raw(port: number, ...parts: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      for (const part of parts) socket.write(part);
    });
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket
      .once('close', () => resolve(text))
      .once('error', (error) => (text === '' ? reject(error) : undefined));
  });
}

test('an object is put, looked at, listed in both versions, read in parts and deleted', async () => {
  const store = openMemoryStore();
  await using scene = await serve(store);
  const { url } = scene;
  assert.equal(await status(`${url}/?create=true`, { method: 'POST' }), 200);
  assert.equal(await status(`${url}/config`, { method: 'HEAD' }), 404);
  assert.equal(await status(`${url}/config`, post('a config')), 200);
  assert.equal(await (await fetch(`${url}/config`)).text(), 'a config');
  assert.equal(await status(`${url}/data/${id}`, post(bytes)), 200);
  assert.deepEqual(store.objects.get(`data/${id.slice(0, 2)}/${id}`), bytes);
  const head = await fetch(`${url}/data/${id}`, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), String(bytes.length));
  const first = await fetch(`${url}/data/`);
  assert.deepEqual(await first.json(), [id]);
  assert.equal(first.headers.get('content-type'), 'application/vnd.x.restic.rest.v1');
  const v2 = 'application/vnd.x.restic.rest.v2';
  const second = await fetch(`${url}/data/`, { headers: { accept: v2 } });
  assert.deepEqual(await second.json(), [{ name: id, size: bytes.length }]);
  assert.equal(second.headers.get('content-type'), v2);
  const part = await fetch(`${url}/data/${id}`, { headers: { range: 'bytes=2-5' } });
  assert.equal(part.status, 206);
  assert.equal(await part.text(), bytes.subarray(2, 6).toString());
  assert.equal(part.headers.get('content-range'), `bytes 2-5/${bytes.length}`);
  assert.equal(await status(`${url}/data/${id}`, { headers: { range: 'bytes=400-' } }), 416);
  assert.equal(await status(`${url}/data/${id}`, { method: 'DELETE' }), 200);
  assert.equal(await status(`${url}/data/${id}`), 404);
  assert.deepEqual(await (await fetch(`${url}/snapshots/`)).json(), []);
});

test('names that are no ids are not listed, and what lies beside a repository is out of reach', async () => {
  const store = openMemoryStore([
    ['keys/readme', bytes],
    ['lifeboat/vault.json', bytes],
    [`shop/keys/${id}`, bytes],
  ]);
  await using scene = await serve(store);
  assert.deepEqual(await (await fetch(`${scene.url}/keys/`)).json(), []);
  assert.deepEqual(await (await fetch(`${scene.url}/shop/keys/`)).json(), [id]);
  assert.equal(await status(`${scene.url}/lifeboat/vault.json`), 400);
  assert.equal(await status(`${scene.url}/keys/readme`), 400);
});

test('a body with another hash, a short one and a foreign method leave nothing', async () => {
  const store = openMemoryStore();
  await using scene = await serve(store);
  assert.equal(await status(`${scene.url}/data/${id}`, post('something else')), 400);
  assert.equal(await status(`${scene.url}/data/${id}`, { method: 'PUT', body: 'x' }), 405);
  assert.equal(await status(`${scene.url}/data/`, post('x')), 405);
  assert.equal(await status(`${scene.url}/`, { method: 'DELETE' }), 405);
  const { port } = scene.server;
  const head = `POST /data/${id} HTTP/1.1\r\nHost: x\r\n`;
  assert.match(
    await raw(port, `${head}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`),
    /^HTTP\/1\.1 411 /,
  );
  assert.match(await raw(port, `${head}Content-Length: 99999999999\r\n\r\n`), /^HTTP\/1\.1 413 /);
  assert.match(await raw(port, `${head}Content-Length: -1\r\n\r\n`), /^HTTP\/1\.1 400 /);
  assert.equal(store.objects.size, 0);
});

for (const path of ['/../../etc/passwd', '/..%2f..%2fetc%2fpasswd', '/data/../config', `/%2e%2e/data/${id}`])
  test(`${path} is refused`, async () => {
    await using scene = await serve(openMemoryStore());
    const answer = await raw(scene.server.port, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 400 /);
  });

test('append-only: nothing is deleted but locks, nothing is replaced, and sending the same again is fine', async () => {
  const store = openMemoryStore();
  await using scene = await serve(store, { appendOnly: true });
  const { url } = scene;
  assert.equal(await status(`${url}/config`, post('a config')), 200);
  assert.equal(await status(`${url}/config`, post('another')), 403);
  assert.equal(await status(`${url}/config`, { method: 'DELETE' }), 403);
  for (const type of ['data', 'keys', 'index', 'snapshots']) {
    assert.equal(await status(`${url}/${type}/${id}`, post(bytes)), 200);
    assert.equal(await status(`${url}/${type}/${id}`, post(bytes)), 200, 'the same once more');
    assert.equal(await status(`${url}/${type}/${id}`, { method: 'DELETE' }), 403);
  }
  assert.equal(await status(`${url}/locks/${id}`, post(bytes)), 200);
  assert.equal(await status(`${url}/locks/${id}`, { method: 'DELETE' }), 200);
  await store.put(`keys/${id}`, Buffer.from('rotten'));
  assert.equal(await status(`${url}/keys/${id}`, post(bytes)), 403, 'damage does not pass for what was sent');
  assert.equal(store.objects.get('config')?.toString(), 'a config');
  assert.equal(store.objects.size, 5);
});

test('two who make a repository at once: one of them has made it', async () => {
  for (const createOnly of [true, false]) {
    const store = openMemoryStore([], { createOnly });
    await using scene = await serve(store);
    const texts = ['one', 'two', 'three', 'four'];
    const all = await Promise.all(texts.map((text) => status(`${scene.url}/config`, post(text))));
    assert.deepEqual(all.toSorted(), [200, 403, 403, 403]);
    assert.equal(store.objects.get('config')?.toString(), texts[all.indexOf(200)]);
  }
});

test('without a right password nobody sees anything, and the log names who came', async () => {
  const users = parseUsers(`${await userLine('ada', 'one')}\n${await userLine('bob', 'two')}\n`, 'users');
  const store = openMemoryStore([['config', bytes]]);
  await using scene = await serve(store, { users });
  const as = (user: string, password: string) => ({
    headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
  });
  for (const init of [
    undefined,
    as('ada', 'two'),
    as('eve', 'one'),
    as('', ''),
    { headers: { authorization: 'Basic %%' } },
  ])
    assert.equal(await status(`${scene.url}/config`, init), 401);
  assert.equal(await status(`${scene.url}/config`, as('ada', 'one')), 200);
  assert.equal(await status(`${scene.url}/config`, as('ada', 'wrong')), 401, 'also when it was right once');
  assert.equal(await status(`${scene.url}/config`, as('ada', 'one')), 200);
  const answer = await fetch(`${scene.url}/config`);
  assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic realm=/);
  await answer.arrayBuffer();
  assert.ok(!JSON.stringify(scene.log).includes('one'), 'no password in the log');
  assert.deepEqual(
    [...new Set(scene.log.map(({ user, status: code }) => `${user} ${code}`))],
    [...['undefined 401', 'ada 200']],
  );
});

test('private repositories: each user has the folder of their name', async () => {
  const users = parseUsers(`${await userLine('ada', 'one')}\n${await userLine('bob', 'two')}\n`, 'users');
  const store = openMemoryStore();
  await using scene = await serve(store, { users, privateRepositories: true });
  const ada = { authorization: `Basic ${Buffer.from('ada:one').toString('base64')}` };
  assert.equal(await status(`${scene.url}/ada/shop/config`, post('x', ada)), 200);
  for (const path of ['/config', '/bob/config', '/adam/config', '/', '/data/'])
    assert.equal(await status(`${scene.url}${path}`, { headers: ada }), 403, path);
  assert.deepEqual([...store.objects.keys()], ['ada/shop/config']);
});

test('an upload without a password is refused before its body is read', async () => {
  const users = parseUsers(await userLine('ada', 'one'), 'users');
  const store = openMemoryStore();
  await using scene = await serve(store, { users });
  const head = `POST /data/${id} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n`;
  assert.match(await raw(scene.server.port, head, Buffer.alloc(1000)), /^HTTP\/1\.1 401 /);
});

test('a head that never ends, and a body that never ends, are cut off', async () => {
  const limits = { headersTimeoutMs: 300, bodyTimeoutMs: 300, bodyBytesPerSecondMin: 1_000_000 };
  await using scene = await serve(openMemoryStore(), { limits });
  const [head, body] = await Promise.all([
    raw(scene.server.port, 'GET /config HTTP/1.1\r\nHost: x\r\nX-Slow: '),
    raw(scene.server.port, `POST /data/${id} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc`),
  ]);
  assert.match(head, /^HTTP\/1\.1 408 |^HTTP\/1\.1 400 |^$/);
  assert.match(body, /^HTTP\/1\.1 408 /);
});

test('a connection on which nothing moves is closed, and heads that are too large are refused', async () => {
  await using scene = await serve(openMemoryStore(), {
    limits: { idleTimeoutMs: 200, headerBytesMax: 2048 },
  });
  assert.equal(await raw(scene.server.port), '');
  const huge = `GET /config HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(5000)}\r\n\r\n`;
  assert.match(await raw(scene.server.port, huge), /^HTTP\/1\.1 4\d\d /);
  assert.match(await raw(scene.server.port, 'no such protocol\r\n\r\n'), /^HTTP\/1\.1 400 /);
});

test('uploads wait for room in memory, and all arrive', async () => {
  const store = openMemoryStore();
  await using scene = await serve(store, { limits: { objectBytesMax: 100_000, memoryBytesMax: 100_000 } });
  const all = await Promise.all(
    Array.from({ length: 12 }, async (_, at) => {
      const body = Buffer.alloc(60_000, at);
      return await status(`${scene.url}/data/${hash('sha256', body, 'hex')}`, post(body));
    }),
  );
  assert.deepEqual(new Set(all), new Set([200]));
  assert.equal(store.objects.size, 12);
});

test('the size that is allowed counts what was there, what comes and what goes', async () => {
  const store = openMemoryStore([['config', Buffer.alloc(50)]]);
  await using scene = await serve(store, { bytesMax: 150 });
  const put = (fill: number, length: number) => {
    const body = Buffer.alloc(length, fill);
    return { path: `${scene.url}/data/${hash('sha256', body, 'hex')}`, init: post(body) };
  };
  const [one, two] = [put(1, 60), put(2, 60)];
  assert.equal(await status(one.path, one.init), 200);
  assert.equal(await status(one.path, one.init), 200, 'again takes no more');
  assert.equal(await status(two.path, two.init), 507);
  assert.equal(await status(one.path, { method: 'DELETE' }), 200);
  assert.equal(await status(two.path, two.init), 200);
});

test('what the store cannot do is a status, and says nothing of this machine', async () => {
  const store: MemoryStore = openMemoryStore([['config', bytes]]);
  const failing = withFaults(store, [{ kind: 'cut', after: 0 }]);
  await using scene = await serve(failing);
  const answer = await fetch(`${scene.url}/config`);
  assert.ok(answer.status >= 500);
  assert.ok(!(await answer.text()).includes(store.location));
  assert.equal(typeof scene.log[0]?.code, 'string');
});

test('at the end, an upload that is under way is finished and new connections are refused', async () => {
  const store = openMemoryStore();
  const held = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const slow: ObjectStore = {
    ...store,
    async put(key, content) {
      arrived.resolve();
      await held.promise;
      await store.put(key, content);
    },
  };
  const scene = await serve(slow);
  const upload = status(`${scene.url}/data/${id}`, post(bytes));
  await arrived.promise;
  const end = scene.server.end();
  await assert.rejects(fetch(`${scene.url}/config`));
  held.resolve();
  assert.equal(await upload, 200);
  assert.deepEqual(await end, { cut: 0 });
  assert.equal(store.objects.size, 1);
});

test('an address that is taken is said to be', async () => {
  await using scene = await serve(openMemoryStore());
  await assert.rejects(serve(openMemoryStore(), { port: scene.server.port }), {
    code: 'ADDRESS_UNUSABLE',
    message: `127.0.0.1:${scene.server.port} cannot be listened on: another program listens there already`,
  });
  await assert.rejects(serve(openMemoryStore(), { host: '192.0.2.1' }), { code: 'ADDRESS_UNUSABLE' });
});
