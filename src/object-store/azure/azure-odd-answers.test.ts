/** Answers that Azure never gives, from a server that gives them: none of them may pass for a good one. */
import assert from 'node:assert/strict';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { ObjectStore } from '../object-store.ts';
import { openAzureStore } from './azure-store.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Scene extends AsyncDisposable {
  readonly store: ObjectStore;
}

const key = { kind: 'azure-key', accountKey: Buffer.alloc(64, 1).toString('base64') } as const;
const sasUntil = (end: string) =>
  ({ kind: 'azure-sas', token: `?sp=rcwdl&se=${encodeURIComponent(end)}&sig=secret` }) as const;

async function answering(
  answer: Answer,
  credentials: typeof key | ReturnType<typeof sasUntil> = key,
): Promise<Scene> {
  const server = http.createServer((request, response) => {
    request.resume().once('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const place = { account: 'account', container: 'container', prefix: 'vault' };
  const settings = { endpoint: `http://127.0.0.1:${address.port}`, credentials };
  const store = await openAzureStore(place, settings, () => undefined);
  return {
    store,
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
    void response.writeHead(status, { 'content-type': 'application/xml', ...headers }).end(body);

const blob = (name: string, size: string) =>
  `<Blob><Name>vault/${name}</Name><Properties><Last-Modified>Mon, 01 Jan 2024 00:00:00 GMT</Last-Modified>` +
  `<Etag>x</Etag>${size}</Properties></Blob>`;
const sized = (name: string) => blob(name, '<Content-Length>5</Content-Length>');
const list = (blobs: string, next = '') =>
  `<?xml version="1.0"?><EnumerationResults><Blobs>${blobs}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`;

const odd = { code: 'STORE_UNAVAILABLE', retryable: true };
const page = '<html><body><h1>Sign in</h1></body></html>';

for (const [what, body] of [
  ['an empty answer', ''],
  ['the page of a proxy', page],
  ['a list that is cut off', list(sized('a') + sized('b')).slice(0, -60)],
  ['a blob without a size', list(blob('a', ''))],
] as const)
  test(`${what} is no list`, async () => {
    await using scene = await answering(says(body));
    await assert.rejects(Array.fromAsync(scene.store.list('')), (error: unknown) => {
      assert.ok(error instanceof Error && !/Cannot read prop|undefined/.test(error.message), String(error));
      return true;
    });
    await assert.rejects(Array.fromAsync(scene.store.list('')), odd);
  });

test('a page that comes twice gives each blob once', async () => {
  const pages = [list(sized('a'), 'm'), list(sized('b'), 'm'), list(sized('b') + sized('c'))];
  await using scene = await answering((request, response) => says(pages.shift() ?? '')(request, response));
  const found = await Array.fromAsync(scene.store.list(''));
  assert.deepEqual(
    found.map((each) => each.key),
    ['a', 'b', 'c'],
  );
});

for (const body of ['', page])
  test(`"${body.slice(0, 6)}" with success is no answer to a put, a deletion or a retention`, async () => {
    await using scene = await answering(says(body));
    const { store } = scene;
    await assert.rejects(store.put('data/x', Buffer.from('x')), odd);
    await assert.rejects(store.delete('data/x'), odd);
    await assert.rejects(async () => await store.abilities.retention?.retain('data/x', 4e12), odd);
  });

test('a blob of unknown size is not empty', async () => {
  await using scene = await answering((_request, response) =>
    response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(),
  );
  await assert.rejects(scene.store.stat('data/x'), odd);
});

test('a part that begins elsewhere is not what was asked for', async () => {
  const headers = { 'content-range': 'bytes 0-3/100', 'content-length': '4', etag: '"x"' };
  await using scene = await answering(says('abcd', 206, headers));
  await assert.rejects(scene.store.get('data/x', { offset: 10, length: 4 }), odd);
  assert.equal((await scene.store.get('data/x', { offset: 0, length: 4 })).toString(), 'abcd');
});

const refusal = says(
  '<Error><Code>AuthenticationFailed</Code><Message>no, sig=secret</Message></Error>',
  403,
  {
    'x-ms-error-code': 'AuthenticationFailed',
  },
);

test('a SAS that has ended is said to have ended, and when', async () => {
  await using scene = await answering(refusal, sasUntil('2021-01-01T00:00:00Z'));
  await assert.rejects(scene.store.get('data/x'), {
    code: 'STORE_DENIED',
    hint: 'The SAS expired at 2021-01-01T00:00:00.000Z: make a new one, and give it in place of the old one.',
  });
});

test('a SAS that has not ended is refused for another reason', async () => {
  await using scene = await answering(refusal, sasUntil('2999-01-01T00:00:00Z'));
  await assert.rejects(scene.store.get('data/x'), { code: 'STORE_DENIED', hint: /belongs to this account/ });
});
