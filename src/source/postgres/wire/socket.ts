/** Opens the socket to a server, encrypted where it must be. */
import net from 'node:net';
import tls from 'node:tls';
import { LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';
import { describeAddress, isLoopback, isUnixSocket, type PostgresAddress } from './address.ts';
import { certificateHash } from './certificate-hash.ts';
import { sslRequest } from './front-messages.ts';

export interface OpenSocket {
  readonly socket: net.Socket;
  /** Of the server's certificate, where the connection is encrypted and can be bound to it. */
  readonly certificateHash?: Buffer;
  readonly isEncrypted: boolean;
  /** What comes goes to the memory that was given; otherwise the socket tells of it as data. */
  readonly fillsMemory: boolean;
}

/** Memory for what comes; `filled` says whether more may come at once. */
export interface SocketMemory {
  room(): Uint8Array;
  filled(bytes: number): boolean;
}

const keepAliveMs = 10_000;

/** Raises SOURCE_UNREACHABLE, or SOURCE_DENIED when it cannot be encrypted as it must be. */
export async function openSocket(
  address: PostgresAddress,
  signal: AbortSignal,
  memory?: SocketMemory,
): Promise<OpenSocket> {
  if (!address.tls || isUnixSocket(address)) {
    const socket = await connect(address, signal, memory);
    return { socket, isEncrypted: false, fillsMemory: memory !== undefined };
  }
  const socket = await connect(address, signal);
  try {
    const answer = await askForEncryption(socket, address, signal);
    if (answer === 'S') return await encrypt(socket, address, signal);
    if (answer === 'N' && isLoopback(address)) return { socket, isEncrypted: false, fillsMemory: false };
    throw notEncrypted(address, answer);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function connect(
  address: PostgresAddress,
  signal: AbortSignal,
  memory?: SocketMemory,
): Promise<net.Socket> {
  const { host, port } = address;
  const place = isUnixSocket(address) ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
  const socket = net.connect({
    ...place,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
    ...(memory === undefined ? {} : { onread: { buffer: memory.room, callback: memory.filled } }),
  });
  try {
    await happens(socket, 'connect', signal);
    return socket;
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw signal.reason;
    throw unreachable(address, error);
  }
}

/** One letter. More than it, before anything is encrypted, would be somebody else's words. */
async function askForEncryption(
  socket: net.Socket,
  address: PostgresAddress,
  signal: AbortSignal,
): Promise<string> {
  const answered = Promise.withResolvers<Buffer>();
  socket.once('data', (bytes: Buffer) => {
    socket.pause();
    answered.resolve(bytes);
  });
  const lost = (error?: Error) => answered.reject(unreachable(address, error));
  const abort = () => answered.reject(signal.reason);
  socket.once('error', lost).once('close', lost);
  signal.addEventListener('abort', abort);
  try {
    socket.write(sslRequest());
    return (await answered.promise).toString('latin1');
  } finally {
    socket.off('error', lost).off('close', lost);
    signal.removeEventListener('abort', abort);
  }
}

async function encrypt(
  socket: net.Socket,
  address: PostgresAddress,
  signal: AbortSignal,
): Promise<OpenSocket> {
  const { host, authority, certificate, key } = address;
  const secured = tls.connect({
    socket,
    // for the check of the name
    host,
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: authority !== undefined,
    minVersion: 'TLSv1.2',
    ...(authority === undefined ? {} : { ca: authority }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
  });
  try {
    await happens(secured, 'secureConnect', signal);
  } catch (error) {
    secured.destroy();
    if (signal.aborted) throw signal.reason;
    throw notTrusted(address, error);
  }
  const der = secured.getPeerCertificate().raw;
  const hash = der === undefined ? undefined : certificateHash(der);
  return {
    socket: secured,
    isEncrypted: true,
    fillsMemory: false,
    ...(hash === undefined ? {} : { certificateHash: hash }),
  };
}

function happens(socket: net.Socket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      socket.off(event, done).off('error', fail).off('close', gone);
      signal.removeEventListener('abort', abort);
      act();
    };
    const done = () => settle(resolve);
    const fail = (error: unknown) => settle(() => reject(error));
    const gone = () => fail(new Error('the connection was closed'));
    const abort = () => fail(signal.reason);
    socket.once(event, done).once('error', fail).once('close', gone);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  });
}

export function unreachable(address: PostgresAddress, cause?: unknown): LifeboatError {
  const name = systemErrorName(cause);
  const why = name ?? (cause instanceof Error ? cause.message : 'the connection was closed');
  return new LifeboatError('SOURCE_UNREACHABLE', `no PostgreSQL at ${describeAddress(address)} (${why})`, {
    hint: hintByName.get(name ?? '') ?? 'Check that the server runs, and that host and port are right.',
    retryable: true,
    details: { host: address.host, port: address.port, ...(name === undefined ? {} : { errno: name }) },
    ...(cause === undefined ? {} : { cause }),
  });
}

const hintByName: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'Start the server, or check its port and listen_addresses.'],
  ['ENOENT', 'Start the server, or check unix_socket_directories and its port.'],
  ['EACCES', 'Let this user enter the folder of the socket, or connect over the network.'],
  ['ENOTFOUND', 'Check the name of the host.'],
  ['EAI_AGAIN', 'Check the name of the host, and the name service of this machine.'],
  ['EHOSTUNREACH', 'Check the way over the network to the host.'],
  ['ENETUNREACH', 'Check the way over the network to the host.'],
]);

function notEncrypted(address: PostgresAddress, answer: string): LifeboatError {
  if (answer !== 'N') {
    return new LifeboatError(
      'SOURCE_INVALID',
      `what answers at ${describeAddress(address)} is no PostgreSQL`,
      {
        hint: 'Check host and port.',
      },
    );
  }
  return new LifeboatError(
    'SOURCE_DENIED',
    `the server at ${describeAddress(address)} does not offer encrypted connections`,
    {
      hint: 'Set ssl = on with a certificate in postgresql.conf of the server, or write tls: false into the connection of the plan if nobody can listen on the way.',
    },
  );
}

function notTrusted(address: PostgresAddress, cause: unknown): LifeboatError {
  const why = cause instanceof Error ? cause.message : 'no reason given';
  return new LifeboatError(
    'SOURCE_DENIED',
    `no trusted encrypted connection to ${describeAddress(address)} (${why})`,
    {
      hint: 'Check that the file under ca in the plan holds the authority that signed the certificate of the server, and that the certificate names this host.',
      details: { errno: systemErrorName(cause) ?? 'unknown' },
      cause,
    },
  );
}
