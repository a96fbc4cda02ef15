/** Clients that try to take from the server what belongs to the others: its memory, its room, its time. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import net from 'node:net';
import { test } from 'node:test';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { nowMs } from '../platform/clock.ts';
import { sleep } from '../platform/timers.ts';
import { type RestServer, type RestServerOptions, startRestServer } from './rest-server.ts';
import { parseUsers, userLine } from './users.ts';

async function serve(
  store: ObjectStore,
  more: Partial<RestServerOptions> = {},
): Promise<AsyncDisposable & { readonly server: RestServer; readonly url: string }> {
  const server = await startRestServer({
    store,
    host: '127.0.0.1',
    port: 0,
    appendOnly: false,
    privateRepositories: false,
    onAccess: () => undefined,
    nowMs,
    ...more,
  });
  return {
    server,
    url: `http://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: async () => void (await server.end()),
  };
}

interface Stored {
  readonly path: string;
  readonly key: string;
  readonly bytes: Buffer;
}

function object(length: number, type = 'data', fill = 1): Stored {
  const bytes = Buffer.alloc(length, fill);
  const id = hash('sha256', bytes, 'hex');
  const key = type === 'data' ? `data/${id.slice(0, 2)}/${id}` : `${type}/${id}`;
  return { path: `/${type}/${id}`, key, bytes };
}

const upload = async (url: string, { path, bytes }: Stored): Promise<number> =>
  (await fetch(`${url}${path}`, { method: 'POST', body: new Uint8Array(bytes) })).status;

const lengthOf = async (url: string): Promise<number> => (await (await fetch(url)).arrayBuffer()).byteLength;

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

interface Connection {
  readonly socket: net.Socket;
  readonly closed: Promise<void>;
}

function connect(port: number): Connection {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, closed };
}

test('requests that are sent ahead of their answers do not pile up', async () => {
  const held = Promise.withResolvers<void>();
  const memory = openMemoryStore([['config', Buffer.alloc(10)]]);
  let inside = 0;
  let insideMax = 0;
  const store: ObjectStore = {
    ...memory,
    async stat(key) {
      inside += 1;
      insideMax = Math.max(insideMax, inside);
      await held.promise;
      inside -= 1;
      return await memory.stat(key);
    },
  };
  await using scene = await serve(store);
  const { socket, closed } = connect(scene.server.port);
  socket.resume().write(get('/config').repeat(3000));
  await closed;
  held.resolve();
  assert.ok(insideMax >= 1 && insideMax <= 8, `${insideMax} at once`);
  assert.equal((await fetch(`${scene.url}/config`)).status, 200);
});

test('what waited behind an answer that was never taken is forgotten with its connection', async () => {
  const large = object(8 * 1024 * 1024);
  const memory = openMemoryStore([[large.key, large.bytes]]);
  const limits = { objectBytesMax: large.bytes.length, memoryBytesMax: 2 * large.bytes.length };
  await using scene = await serve(memory, { limits: { ...limits, endTimeoutMs: 5000 } });
  const { socket, closed } = connect(scene.server.port);
  socket.write(get(large.path).repeat(2));
  await new Promise((resolve) => socket.once('readable', resolve));
  socket.destroy();
  await closed;
  const lengths = await Promise.all([1, 2, 3].map(() => lengthOf(`${scene.url}${large.path}`)));
  assert.deepEqual(lengths, [large.bytes.length, large.bytes.length, large.bytes.length]);
  assert.deepEqual(await scene.server.end(), { cut: 0 });
});

test('an answer that is not taken is cut off in time, and gives its room to others', async () => {
  const large = object(8 * 1024 * 1024);
  const memory = openMemoryStore([[large.key, large.bytes]]);
  const limits = {
    objectBytesMax: large.bytes.length,
    memoryBytesMax: large.bytes.length,
    bodyTimeoutMs: 400,
    bodyBytesPerSecondMin: 1e9,
  };
  await using scene = await serve(memory, { limits });
  const { socket, closed } = connect(scene.server.port);
  socket.write(get(large.path));
  await new Promise((resolve) => socket.once('readable', resolve));
  assert.equal(await lengthOf(`${scene.url}${large.path}`), large.bytes.length);
  socket.resume();
  await closed;
});

test('the size that is allowed cannot be stretched by deleting one object many times at once', async () => {
  const memory = openMemoryStore();
  const store: ObjectStore = {
    ...memory,
    async delete(key) {
      // long enough for all of them to have looked before the first is done
      await sleep(30);
      await memory.delete(key);
    },
  };
  await using scene = await serve(store, { bytesMax: 150, appendOnly: true });
  const lock = object(100, 'locks');
  assert.equal(await upload(scene.url, lock), 200);
  await Promise.all(
    Array.from({ length: 10 }, () => fetch(`${scene.url}${lock.path}`, { method: 'DELETE' })),
  );
  assert.equal(await upload(scene.url, object(100)), 200);
  assert.equal(await upload(scene.url, object(100, 'data', 2)), 507);
});

test('a user whose name can be no folder is told so at the start, not at the first backup', async () => {
  for (const name of ['ada@example.com', 'data', '..']) {
    const users = parseUsers(await userLine(name, 'one'), 'users');
    await assert.rejects(
      async () => await (await serve(openMemoryStore(), { users, privateRepositories: true })).server.end(),
      { code: 'CONFIG_INVALID' },
      name,
    );
    await (await serve(openMemoryStore(), { users })).server.end();
  }
});
