/** The requests of the protocol, each from what it means to its answer. Source: restic, doc/REST_backend.rst. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ObjectStore } from '../object-store/object-store.ts';
import type { Semaphore } from '../object-store/semaphore.ts';
import { type Answer, done, words } from './answer.ts';
import type { ByteBudget } from './byte-budget.ts';
import { wantedRange } from './byte-range.ts';
import { lengthOf, readBody } from './read-body.ts';
import type { RestLimits } from './rest-limits.ts';
import { isId, type RestTarget } from './rest-path.ts';
import { refuseSave, remove, type ServedStore, save } from './served-store.ts';

export interface Served {
  readonly objects: ServedStore;
  readonly limits: RestLimits;
  readonly receiving: ByteBudget;
  readonly sending: ByteBudget;
  readonly listing: Semaphore;
}

export interface RestRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: RestTarget;
  readonly query: URLSearchParams;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** Sends the answer; resolves when it is sent. While it runs, the bytes of the answer count as in memory. */
export type Send = (answer: Answer) => Promise<void>;

const listType2 = 'application/vnd.x.restic.rest.v2';
const listType1 = 'application/vnd.x.restic.rest.v1';

export async function answerRequest(served: Served, rest: RestRequest, send: Send): Promise<void> {
  const { target } = rest;
  switch (target.kind) {
    case 'repository':
      return await send(onRepository(rest));
    case 'list':
      return await onList(served, rest, target, send);
    case 'config':
    case 'object':
      return await onObject(served, rest, target, send);
    default:
      return target satisfies never;
  }
}

/** Stores know no folders: there is nothing to make. */
function onRepository({ request, query }: RestRequest): Answer {
  if (request.method === 'POST' && query.get('create') === 'true') return done;
  return notAllowed('POST');
}

async function onList(
  { objects: { store }, listing, sending, limits }: Served,
  { request, signal }: RestRequest,
  { prefix }: Extract<RestTarget, { kind: 'list' }>,
  send: Send,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return await send(notAllowed('GET, HEAD'));
  const withSizes = (request.headers.accept ?? '').includes(listType2);
  const body = await listing.run(signal, async () => {
    const found = await listed(store, prefix, signal);
    return Buffer.from(JSON.stringify(withSizes ? found : found.map(({ name }) => name)));
  });
  const headers = { 'content-type': withSizes ? listType2 : listType1 };
  const bytes = Math.min(body.length, limits.memoryBytesMax);
  await sending.run(bytes, signal, () => send({ status: 200, headers, body }));
}

interface ListedName {
  readonly name: string;
  readonly size: number;
}

/** Names that are not ids are none of a repository's. */
async function listed(store: ObjectStore, prefix: string, signal: AbortSignal): Promise<ListedName[]> {
  const found: ListedName[] = [];
  for await (const { key, size } of store.list(prefix, signal)) {
    const name = key.slice(key.lastIndexOf('/') + 1);
    if (isId(name)) found.push({ name, size });
  }
  return found;
}

type StoredTarget = Extract<RestTarget, { kind: 'config' | 'object' }>;

async function onObject(served: Served, rest: RestRequest, target: StoredTarget, send: Send): Promise<void> {
  const { request, signal } = rest;
  switch (request.method) {
    case 'HEAD': {
      const { size } = await served.objects.store.stat(target.key, signal);
      return await send({ status: 200, bodyBytes: size, headers: binary });
    }
    case 'GET':
      return await sendObject(served, rest, target, send);
    case 'POST':
      return await send(await receiveObject(served, rest, target));
    case 'DELETE':
      return await send(await remove(served.objects, target, signal));
    default:
      return await send(notAllowed('HEAD, GET, POST, DELETE'));
  }
}

const binary = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' };

async function sendObject(
  { objects: { store }, limits, sending }: Served,
  { request, signal }: RestRequest,
  { key }: StoredTarget,
  send: Send,
): Promise<void> {
  const { size } = await store.stat(key, signal);
  const wanted = wantedRange(request.headers.range, size);
  if (wanted.kind === 'unsatisfiable')
    return await send(words(416, 'the range lies outside of the object', rangeHeaders(`*/${size}`)));
  const range = wanted.kind === 'part' ? wanted.range : { offset: 0, length: size };
  if (range.length > limits.memoryBytesMax)
    return await send(words(413, 'the object is too large to be sent at once; ask for ranges'));
  await sending.run(range.length, signal, async () => {
    const body = await store.get(key, range, signal);
    if (wanted.kind === 'all') return await send({ status: 200, body, headers: binary });
    const part = `${range.offset}-${range.offset + range.length - 1}/${size}`;
    await send({ status: 206, body, headers: { ...binary, ...rangeHeaders(part).headers } });
  });
}

function rangeHeaders(part: string) {
  return { headers: { 'content-range': `bytes ${part}` } };
}

async function receiveObject(served: Served, rest: RestRequest, target: StoredTarget): Promise<Answer> {
  const { request, response, signal } = rest;
  const length = lengthOf(request, served.limits);
  if (length.kind === 'refused') return length.answer;
  const refusal = await refuseSave(served.objects, target, signal);
  if (refusal !== undefined) return refusal;
  return await served.receiving.run(length.bytes, signal, async () => {
    if (request.headers.expect !== undefined) response.writeContinue();
    const body = await readBody(request, length.bytes, served.limits, signal);
    return body.kind === 'refused' ? body.answer : await save(served.objects, target, body.bytes);
  });
}

function notAllowed(allow: string): Answer {
  return words(405, 'this is not part of the protocol', { headers: { allow }, closes: true });
}
