/**
 * A proxy in front of a store's server that follows a script of faults, as `src/object-store/fault.ts` does one
 * layer up. Requests go on as they came, the Host among them, so that signatures stay right. Bodies are held as a
 * whole: it is for tests.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { sleep } from '../../src/platform/timers.ts';
import { hideNewest, type Page, PageMemory, pageOf } from './fault-proxy-lists.ts';
import { type SeededRandom, seededRandom } from './seeded-random.ts';

/** Which requests a fault is for; what is left out matches all. */
export interface RequestMatch {
  readonly method?: string;
  /** Of the path with its query. */
  readonly path?: RegExp;
  /** From which matching request on, counted from 1; default 1. */
  readonly nth?: number;
  /** How many of them; default 1, with a chance all. */
  readonly times?: number;
  /** Only so many in a hundred, drawn from the seed. */
  readonly percent?: number;
}

/**
 * - `status`: answered without reaching the server, with the body that an S3 or Azure server gives.
 * - `silence`: no answer for so long, then the connection is cut; the server never hears of it.
 * - `reset-before`, `reset-after`: cut before the server hears of it, or when it has carried it out.
 * - `reset-in-request`: cut when half of the body has come; the server gets that half.
 * - `reset-in-answer`: half of the body of the answer under the right length, then cut.
 * - `stall-in-answer`: the same, but silent for so long before the cut.
 * - `short-answer`: half of the body under no length at all, ended by closing the connection in good order.
 * - `flip-request-bit`, `flip-answer-bit`: one bit of the body is wrong, drawn from the seed.
 * - `repeat-page`: the answer to a list that goes on is the page before it.
 * - `late-list`: a list lacks what was put through the proxy less than `ms` ago.
 * - `delay`: `ms` before anything else; it excludes no other fault.
 */
export type ProxyFault = RequestMatch &
  (
    | { readonly kind: 'status'; readonly status: 500 | 503 | 429; readonly name: string }
    | { readonly kind: 'silence' | 'stall-in-answer' | 'late-list' | 'delay'; readonly ms: number }
    | {
        readonly kind:
          | 'reset-before'
          | 'reset-after'
          | 'reset-in-request'
          | 'reset-in-answer'
          | 'short-answer'
          | 'flip-request-bit'
          | 'flip-answer-bit'
          | 'repeat-page';
      }
  );

export interface FaultProxy extends AsyncDisposable {
  /** `http://host:port` */
  readonly origin: string;
  /** What was done, one line each, `kind METHOD path`; delays are left out. */
  readonly harm: readonly string[];
  /** Requests that came. */
  readonly requests: () => number;
  /** Takes the place of the script there was; counts begin anew. */
  follow(script: readonly ProxyFault[]): void;
}

interface ProxyState {
  readonly target: URL;
  readonly random: SeededRandom;
  readonly pages: PageMemory;
  readonly harm: string[];
  script: readonly { readonly fault: ProxyFault; matches: number }[];
  requests: number;
}

/** `target` is the server's `http://host:port`. */
export async function startFaultProxy(target: string, seed = 1): Promise<FaultProxy> {
  const state: ProxyState = {
    target: new URL(target),
    random: seededRandom(seed),
    pages: new PageMemory(),
    harm: [],
    script: [],
    requests: 0,
  };
  const server = createServer({ keepAliveTimeout: 30_000 }, (incoming, outgoing) => {
    const { socket } = incoming;
    carry(state, incoming, outgoing).catch(() => socket.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    harm: state.harm,
    requests: () => state.requests,
    follow: (script) => {
      state.script = script.map((fault) => ({ fault, matches: 0 }));
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

async function carry(state: ProxyState, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  state.requests += 1;
  const fault = await chosenFault(state, incoming);
  if (fault?.kind === 'reset-before') return cut(incoming);
  if (fault?.kind === 'reset-in-request') return await cutInRequest(state, incoming);
  const body = await bodyOf(incoming);
  if (fault?.kind === 'status') return send(incoming, outgoing, refusal(fault));
  if (fault?.kind === 'silence') {
    await sleep(fault.ms);
    return cut(incoming);
  }
  const sent = fault?.kind === 'flip-request-bit' ? flipped(state, body) : body;
  const answer = await ask(state, incoming, sent);
  if (incoming.method === 'PUT' && answer.status < 300)
    state.pages.rememberPut(incoming.url ?? '', performance.now());
  await reply(state, fault, incoming, outgoing, answer);
}

async function reply(
  state: ProxyState,
  fault: ProxyFault | undefined,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: Answer,
): Promise<void> {
  const page = pageOf(incoming, answer.body);
  switch (fault?.kind) {
    case 'reset-after':
      return cut(incoming);
    case 'reset-in-answer':
      return await half(incoming, outgoing, answer, 0);
    case 'stall-in-answer':
      return await half(incoming, outgoing, answer, fault.ms);
    case 'short-answer':
      return short(outgoing, answer);
    case 'flip-answer-bit':
      return send(incoming, outgoing, { ...answer, body: flipped(state, answer.body) });
    case 'repeat-page':
      return send(incoming, outgoing, { ...answer, body: state.pages.pageBefore(page) ?? answer.body });
    case 'late-list':
      return send(incoming, outgoing, { ...answer, body: withoutNewest(state, page, answer.body, fault.ms) });
    default:
      state.pages.rememberPage(page);
      return send(incoming, outgoing, answer);
  }
}

function withoutNewest(state: ProxyState, page: Page | undefined, body: Buffer, ms: number): Buffer {
  return page === undefined ? body : hideNewest(body, state.pages.putsSince(performance.now() - ms));
}

/** Waits where the script says so; the first other fault that is due is the one. */
async function chosenFault(state: ProxyState, incoming: IncomingMessage): Promise<ProxyFault | undefined> {
  const due = state.script.filter((entry) => isDue(state, entry, incoming)).map(({ fault }) => fault);
  for (const fault of due) if (fault.kind === 'delay') await sleep(fault.ms);
  const chosen = due.find(({ kind }) => kind !== 'delay');
  if (chosen !== undefined) state.harm.push(`${chosen.kind} ${incoming.method} ${incoming.url}`);
  return chosen;
}

function isDue(state: ProxyState, entry: ProxyState['script'][number], incoming: IncomingMessage): boolean {
  const { fault } = entry;
  if (fault.method !== undefined && fault.method !== incoming.method) return false;
  if (fault.path !== undefined && !fault.path.test(incoming.url ?? '')) return false;
  if (fault.percent !== undefined && state.random.below(10_000) >= fault.percent * 100) return false;
  entry.matches += 1;
  const nth = fault.nth ?? 1;
  const times = fault.times ?? (fault.percent === undefined ? 1 : Number.POSITIVE_INFINITY);
  return entry.matches >= nth && entry.matches < nth + times;
}

/** Those that concern one connection only, and the length, which the proxy sets itself. */
const droppedHeaders = /^(connection|keep-alive|transfer-encoding|content-length|expect)$/i;

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []));
}

function passedOn(raw: readonly string[]): (readonly [string, string])[] {
  return pairs(raw).filter(([name]) => !droppedHeaders.test(name));
}

async function ask({ target }: ProxyState, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked = upstream(target, incoming, body.length, resolve, reject);
  asked.end(body);
  const got = await promise;
  // An answer to HEAD tells the length of what it does not bring.
  const headers =
    incoming.method === 'HEAD'
      ? pairs(got.rawHeaders).filter(([name]) => !/^(connection|keep-alive|transfer-encoding)$/i.test(name))
      : passedOn(got.rawHeaders);
  return { status: got.statusCode ?? 502, headers, body: await bodyOf(got) };
}

function upstream(
  target: URL,
  incoming: IncomingMessage,
  length: number,
  resolve: (got: IncomingMessage) => void,
  reject: (error: Error) => void,
) {
  const headers = [
    ...passedOn(incoming.rawHeaders),
    ...(length > 0 || /^(PUT|POST)$/.test(incoming.method ?? '') ? [['Content-Length', String(length)]] : []),
    ['Connection', 'close'],
  ].flat();
  const { hostname, port } = target;
  const options = { hostname, port, method: incoming.method, path: incoming.url, headers, agent: false };
  return request({ ...options, setHost: false }, resolve).on('error', reject);
}

/** The server gets the beginning of a body that it was told to be longer. */
async function cutInRequest({ target }: ProxyState, incoming: IncomingMessage): Promise<void> {
  const length = Number(incoming.headers['content-length'] ?? 0);
  const asked = upstream(
    target,
    incoming,
    length,
    () => undefined,
    () => undefined,
  );
  let passed = 0;
  for await (const piece of incoming.iterator({ destroyOnReturn: false })) {
    const rest = Buffer.from(piece).subarray(0, Math.max(0, (length >> 1) - passed));
    passed += rest.length;
    asked.write(rest);
    if (passed >= length >> 1) break;
  }
  // what was written is on its way before the cut
  await sleep(20);
  asked.destroy();
  cut(incoming);
}

function cut(incoming: IncomingMessage): void {
  incoming.socket.resetAndDestroy();
}

function send(incoming: IncomingMessage, outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const isHead = incoming.method === 'HEAD';
  const length = isHead ? [] : [['Content-Length', String(body.length)] as const];
  outgoing.writeHead(status, [...headers, ...length].flat());
  outgoing.end(isHead ? undefined : body);
}

async function half(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, headers, body }: Answer,
  ms: number,
): Promise<void> {
  outgoing.writeHead(status, [...headers, ['Content-Length', String(body.length)]].flat());
  outgoing.flushHeaders();
  await new Promise((done) => outgoing.write(body.subarray(0, body.length >> 1), done));
  await sleep(ms + 5);
  cut(incoming);
}

function short(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  outgoing.shouldKeepAlive = false;
  outgoing.useChunkedEncodingByDefault = false;
  outgoing.writeHead(status, [...headers, ['Connection', 'close']].flat());
  outgoing.end(body.subarray(0, body.length >> 1));
}

function refusal({ status, name }: Extract<ProxyFault, { kind: 'status' }>): Answer {
  const body = Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?><Error><Code>${name}</Code><Message>made to fail</Message></Error>`,
  );
  const headers = [
    ['Content-Type', 'application/xml'],
    ['x-ms-error-code', name],
  ] as const;
  return { status, headers, body };
}

function flipped({ random }: ProxyState, body: Buffer): Buffer {
  if (body.length === 0) return body;
  const changed = Buffer.from(body);
  const at = random.below(body.length);
  changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
  return changed;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(message, (piece) => Buffer.from(piece)));
}
