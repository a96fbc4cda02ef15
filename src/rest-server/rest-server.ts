/**
 * A target for stock restic: its REST protocol, versions 1 and 2, over any object store. A request is answered in
 * steps: who is it, what does the path mean, may they, and only then is a body read. An upload becomes visible when it
 * is whole and has the SHA-256 that is its name. docs/decisions/0009-restic-rest-server.md says why.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { LifeboatError, systemErrorName } from '../error/lifeboat-error.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { Semaphore } from '../object-store/semaphore.ts';
import { sleep, withTimeout } from '../platform/timers.ts';
import { type Answer, failure, words } from './answer.ts';
import { createDoorkeeper, type Doorkeeper } from './authenticate.ts';
import { createByteBudget } from './byte-budget.ts';
import { createConnectionLoad, whileConnected } from './connection-load.ts';
import { openQuota } from './quota.ts';
import { type RestLimits, transferMsMax, usualLimits } from './rest-limits.ts';
import { parseRestPath } from './rest-path.ts';
import { answerRequest, type Served } from './rest-requests.ts';
import type { UserEntry } from './users.ts';

export interface RestServerOptions {
  readonly store: ObjectStore;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** PEM. Absent: plain HTTP. */
  readonly tls?: { readonly certificate: Buffer; readonly key: Buffer };
  /** Absent: everybody is let in. */
  readonly users?: ReadonlyMap<string, UserEntry>;
  /** Nothing but locks is deleted, and nothing replaced. */
  readonly appendOnly: boolean;
  /** A user reaches what lies below the folder of their name, and nothing else. */
  readonly privateRepositories: boolean;
  /** Of all repositories together. */
  readonly bytesMax?: number;
  readonly onAccess: (access: Access) => void;
  readonly nowMs: () => number;
  /** Different ones in tests only. */
  readonly limits?: Partial<RestLimits>;
  readonly signal?: AbortSignal;
}

/** One request, when it is over. */
export interface Access {
  readonly atMs: number;
  readonly ms: number;
  readonly remote: string;
  readonly user?: string;
  readonly method: string;
  /** As it came, cut at 300 characters. */
  readonly path: string;
  /** 0: the client went away before there was an answer. */
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of the error behind the status, if any. */
  readonly code?: string;
}

export interface RestServer {
  readonly host: string;
  readonly port: number;
  /** Takes no new connections, lets what is under way end, and then closes; `cut` counts what took too long. */
  end(): Promise<{ readonly cut: number }>;
}

interface Running {
  readonly options: RestServerOptions;
  readonly served: Served;
  readonly limits: RestLimits;
  readonly doorkeeper: Doorkeeper | undefined;
  readonly underWay: Set<Promise<void>>;
  isEnding: boolean;
}

const pathShownMax = 300;
const headersMax = 64;
const checkIntervalMs = 1000;

/** Listens when the promise resolves. Raises ADDRESS_UNUSABLE, CONFIG_INVALID for keys of TLS that are none. */
export async function startRestServer(options: RestServerOptions): Promise<RestServer> {
  const limits = { ...usualLimits, ...options.limits };
  if (options.privateRepositories) requireFolders(options.users);
  const running: Running = {
    options,
    limits,
    served: await servedBy(options, limits),
    doorkeeper: options.users === undefined ? undefined : createDoorkeeper(options.users),
    underWay: new Set(),
    isEnding: false,
  };
  const server = makeServer(options, limits);
  const mayBegin = createConnectionLoad(limits.requestsAheadMax);
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    if (!mayBegin(request, response)) return void request.socket.destroy();
    const work = handleRequest(running, request, response);
    running.underWay.add(work);
    void work.finally(() => running.underWay.delete(work));
  };
  server.on('request', handle).on('checkContinue', handle);
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  const address = await listen(server, options);
  return { host: address.address, port: address.port, end: () => endServer(server, running, limits) };
}

async function servedBy(options: RestServerOptions, limits: RestLimits): Promise<Served> {
  const { store, appendOnly, bytesMax, signal } = options;
  const quota = bytesMax === undefined ? undefined : await openQuota(store, bytesMax, signal);
  return {
    objects: { store, appendOnly, writing: new Map(), ...(quota === undefined ? {} : { quota }) },
    limits,
    receiving: createByteBudget(limits.memoryBytesMax),
    sending: createByteBudget(limits.memoryBytesMax),
    listing: new Semaphore(limits.listsAtOnceMax),
  };
}

/** Better at the start than when their first backup is refused. */
function requireFolders(users: RestServerOptions['users']): void {
  const without = [...(users?.keys() ?? [])].filter((name) => parseRestPath(`/${name}/config`) === undefined);
  if (without.length === 0) return;
  throw new LifeboatError('CONFIG_INVALID', `no folder can have the name of the user ${without.join(', ')}`, {
    hint: 'With private repositories a name has letters, digits, dots, dashes and underscores, and is none that repositories use themselves, such as `data`.',
  });
}

function makeServer({ tls }: RestServerOptions, limits: RestLimits): http.Server {
  const common = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    // bodies have a limit of their own, which grows with their length
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(checkIntervalMs, limits.headersTimeoutMs),
    keepAliveTimeout: limits.idleTimeoutMs,
  };
  const server = tls === undefined ? http.createServer(common) : secureServer(tls, common, limits);
  server.maxConnections = limits.connectionsMax;
  server.maxHeadersCount = headersMax;
  server.setTimeout(limits.idleTimeoutMs);
  return server;
}

function secureServer(
  { certificate, key }: NonNullable<RestServerOptions['tls']>,
  common: http.ServerOptions,
  { headersTimeoutMs }: RestLimits,
): http.Server {
  try {
    return https.createServer({
      ...common,
      cert: certificate,
      key,
      minVersion: 'TLSv1.2',
      handshakeTimeout: headersTimeoutMs,
    });
  } catch (cause) {
    throw new LifeboatError('CONFIG_INVALID', 'the certificate and the key for TLS cannot be used together', {
      hint: 'Give PEM files: the certificate with its chain, and the private key that belongs to it.',
      cause,
    });
  }
}

function listen(server: http.Server, { host, port }: RestServerOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(unusable(host, port, error)));
    server.listen({ host, port }, () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address);
      else reject(unusable(host, port, undefined));
    });
  });
}

/** Never rejects: whatever goes wrong is an answer, or the end of the connection. */
async function handleRequest(
  running: Running,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { options } = running;
  const startMs = options.nowMs();
  using connected = whileConnected(request);
  const { signal } = connected;
  // bytes that come after an answer, and errors of a connection that is gone, are nobody's
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  const seen = { user: undefined as string | undefined, code: undefined as string | undefined, bytesOut: 0 };
  const send = async (answer: Answer) => {
    seen.bytesOut = await sendAnswer(running, request, response, answer, signal);
  };
  try {
    await answerTo(running, request, response, signal, send, seen);
  } catch (error) {
    const failed = failure(error);
    seen.code = failed.code;
    if (!signal.aborted && !response.headersSent) await send(failed.answer);
    else request.destroy();
  }
  const { user, code, bytesOut } = seen;
  options.onAccess({
    atMs: startMs,
    ms: Math.max(0, options.nowMs() - startMs),
    remote: request.socket.remoteAddress ?? '',
    ...(user === undefined ? {} : { user }),
    method: request.method ?? '',
    path: (request.url ?? '').slice(0, pathShownMax),
    status: response.headersSent ? response.statusCode : 0,
    bytesIn: Number(request.headers['content-length'] ?? 0) || 0,
    bytesOut,
    ...(code === undefined ? {} : { code }),
  });
}

async function answerTo(
  running: Running,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  send: (answer: Answer) => Promise<void>,
  seen: { user: string | undefined },
): Promise<void> {
  const { doorkeeper, options } = running;
  seen.user = await doorkeeper?.userOf(request.headers.authorization, signal);
  if (doorkeeper !== undefined && seen.user === undefined) return await send(whoAreYou);
  const [path = '', search = ''] = (request.url ?? '').split('?', 2);
  const target = parseRestPath(path);
  if (target === undefined) return await send(words(400, 'this path means nothing here', { closes: true }));
  if (options.privateRepositories && target.segments[0] !== seen.user)
    return await send(words(403, 'this repository belongs to somebody else', { closes: true }));
  const rest = { request, response, target, query: new URLSearchParams(search), signal };
  await answerRequest(running.served, rest, send);
}

const whoAreYou = words(401, 'a user and a password are needed', {
  headers: { 'www-authenticate': 'Basic realm="Lifeboat", charset="UTF-8"' },
  closes: true,
});

/**
 * Resolves when the bytes are with the system, or the client is gone; one that takes them too slowly is sent away. Gives
 * the bytes of the body.
 */
async function sendAnswer(
  { isEnding, limits }: Running,
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body, bodyBytes, closes }: Answer,
  signal: AbortSignal,
): Promise<number> {
  const bytes = request.method === 'HEAD' ? 0 : (body?.length ?? 0);
  const closing = closes === true || isEnding ? { connection: 'close' } : {};
  response.writeHead(status, { ...headers, ...closing, 'content-length': bodyBytes ?? body?.length ?? 0 });
  const sent = new Promise<void>((resolve) => response.once('finish', resolve));
  response.end(request.method === 'HEAD' ? undefined : body);
  try {
    const limit = { timeoutMs: transferMsMax(limits, bytes), timeoutError: takenTooSlowly, signal };
    await withTimeout(limit, () => sent);
  } catch {
    request.socket.destroy();
  }
  return bytes;
}

function takenTooSlowly(): LifeboatError {
  return new LifeboatError('STORE_UNAVAILABLE', 'the client took the answer too slowly');
}

async function endServer(
  server: http.Server,
  running: Running,
  { endTimeoutMs }: RestLimits,
): Promise<{ readonly cut: number }> {
  running.isEnding = true;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const over = new AbortController();
  const patience = sleep(endTimeoutMs, over.signal).catch(() => undefined);
  await Promise.race([Promise.allSettled(running.underWay), patience]);
  const cut = running.underWay.size;
  server.closeAllConnections();
  await closed;
  over.abort();
  return { cut };
}

function unusable(host: string, port: number, cause: unknown): LifeboatError {
  const errno = systemErrorName(cause) ?? 'unknown error';
  return new LifeboatError('ADDRESS_UNUSABLE', `${host}:${port} cannot be listened on: ${reasonOf(errno)}`, {
    hint: 'Name another address with --listen, or end the program that has this one.',
    cause,
  });
}

function reasonOf(errno: string): string {
  if (errno === 'EADDRINUSE') return 'another program listens there already';
  if (errno === 'EACCES') return 'this user may not';
  if (errno === 'EADDRNOTAVAIL' || errno === 'ENOTFOUND') return 'this machine has no such address';
  return errno;
}
