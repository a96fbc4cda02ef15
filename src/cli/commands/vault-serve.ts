/** `lifeboat vault serve`: a target for stock restic clients, over any place that can hold a vault. */
import { resolve } from 'node:path';
import { parseLocation } from '../../config/location.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { parseByteSize } from '../../plan/byte-size.ts';
import type { CliContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import { createAccessLog } from '../serve/access-log.ts';
import { addUser } from '../serve/add-user.ts';
import { addressText, isLoopback, type ListenAddress, parseListen } from '../serve/listen-address.ts';
import { readServedFile } from '../serve/read-served-file.ts';

const listenDefault = '127.0.0.1:8000';

export const vaultServe: Command = {
  description:
    'Serves a place that holds vaults, or shall hold repositories, to stock restic clients: `restic -r rest:http://…`. It needs no key ' +
    'and sees sealed objects only. With --append-only clients add, and delete nothing but their locks: whoever takes over a client ' +
    'cannot empty its backups. Each request is one line of JSON on standard output. SIGTERM ends it with exit code 0 after what is under way.',
  options: [
    { flag: '--data', value: 'LOCATION', description: 'the folder or store that is served' },
    { flag: '--listen', value: 'ADDRESS', description: `host and port (default: ${listenDefault})` },
    { flag: '--append-only', description: 'delete nothing but locks, and replace nothing' },
    {
      flag: '--htpasswd',
      value: 'FILE',
      description: 'the users who may come in, from --add-user or `htpasswd -s`',
    },
    { flag: '--no-auth', description: 'let everybody in who reaches the address' },
    { flag: '--private-repos', description: 'each user has only what is below the folder of their name' },
    { flag: '--tls-cert', value: 'FILE', description: 'the certificate with its chain, PEM' },
    { flag: '--tls-key', value: 'FILE', description: 'its private key, PEM' },
    { flag: '--max-size', value: 'SIZE', description: 'all repositories together, such as 500 GB' },
    {
      flag: '--allow-insecure',
      description: 'listen for others without users or without TLS, behind something that has them',
    },
    {
      flag: '--add-user',
      value: 'NAME',
      description: 'add a user to the file of --htpasswd, or give them a new password, and end',
    },
    {
      flag: '--user-password-file',
      value: 'FILE',
      description: 'with --add-user: read the password from FILE instead of asking',
    },
  ],
  examples: [
    { line: 'lifeboat vault serve --htpasswd users --add-user web-1', says: 'make a user' },
    {
      line: 'lifeboat vault serve --data /srv/backup --append-only --htpasswd users --private-repos --listen 0.0.0.0:8000 --tls-cert cert.pem --tls-key key.pem',
      says: 'a safe target for many machines',
    },
    { line: 'lifeboat vault serve --data s3://bucket/vault --no-auth', says: 'for restic on this machine' },
  ],
  run: async (context, input) => {
    if (input.value('--add-user') !== undefined) return await addUser(context, input);
    return await serve(context, input);
  },
};

async function serve(context: CliContext, input: Input): Promise<CommandEnd> {
  const { output, signal, nowMs } = context;
  const address = parseListen(input.value('--listen') ?? listenDefault);
  const bytesMax = sizeOf(input.value('--max-size'));
  const users = await usersOf(context, input);
  const tls = await tlsOf(context, input);
  requireSafe(address, users !== undefined, tls !== undefined, input.has('--allow-insecure'));
  if (input.has('--private-repos') && users === undefined)
    throw usage('--private-repos needs users', 'Give --htpasswd FILE.');
  const location = parseLocation(dataOf(input), context.folder);
  await using store = await context.adapters.openStore(location);
  const { startRestServer } = await import('../../rest-server/rest-server.ts');
  const log = createAccessLog(output);
  const server = await startRestServer({
    store,
    ...address,
    ...(tls === undefined ? {} : { tls }),
    ...(users === undefined ? {} : { users }),
    ...(bytesMax === undefined ? {} : { bytesMax }),
    appendOnly: input.has('--append-only'),
    privateRepositories: input.has('--private-repos'),
    onAccess: log.write,
    nowMs,
    signal,
  });
  const url = `${tls === undefined ? 'http' : 'https'}://${addressText(server)}/`;
  const mode = input.has('--append-only') ? 'append-only' : 'clients may delete';
  await log.say({
    type: 'listening',
    url,
    location: store.location,
    append_only: input.has('--append-only'),
  });
  output.note(`serving ${store.location} at ${url} (${mode}): restic -r rest:${url}`);
  await aborted(signal);
  const { cut } = await server.end();
  await log.end();
  if (cut > 0) output.warn(`${cut} requests took too long to end and were cut off`);
  if (hasCode(signal.reason, 'INTERRUPTED') && signal.reason.details['signal'] === 'SIGTERM')
    return { summary: { stopped_by: 'SIGTERM', cut_off: cut, requests: log.count() } };
  throw signal.reason;
}

function dataOf(input: Input): string {
  const data = input.value('--data');
  if (data !== undefined) return data;
  throw usage('it is not said what is served', 'Give --data LOCATION.');
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));
}

function sizeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const size = parseByteSize(text);
  if (size.ok) return size.value;
  throw usage(`--max-size ${text} is ${size.reason}`, 'Give a number and a unit, such as 500 GB.');
}

/** Loopback or not: who lets everybody in says so. */
async function usersOf({ folder, output }: CliContext, input: Input) {
  const file = input.value('--htpasswd');
  if (file === undefined && input.has('--no-auth')) return undefined;
  if (file === undefined)
    throw usage('it is not said who may come in', 'Give --htpasswd FILE, or --no-auth to let everybody in.');
  if (input.has('--no-auth'))
    throw usage('--htpasswd and --no-auth contradict each other', 'Give one of them.');
  const { parseUsers, weaklyKept } = await import('../../rest-server/users.ts');
  const users = parseUsers((await readServedFile(resolve(folder, file))).toString('utf8'), file);
  const weak = weaklyKept(users);
  if (weak.length > 0)
    output.warn(`unsalted SHA-1 keeps the passwords of ${weak.join(', ')} badly: renew them with --add-user`);
  return users;
}

async function tlsOf({ folder }: CliContext, input: Input) {
  const [certificate, key] = [input.value('--tls-cert'), input.value('--tls-key')];
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw usage('TLS needs a certificate and its key', 'Give both --tls-cert and --tls-key.');
  return {
    certificate: await readServedFile(resolve(folder, certificate)),
    key: await readServedFile(resolve(folder, key)),
  };
}

function requireSafe(address: ListenAddress, hasUsers: boolean, hasTls: boolean, isAllowed: boolean): void {
  if (isLoopback(address.host) || (hasUsers && hasTls) || isAllowed) return;
  const lacking = [...(hasUsers ? [] : ['users']), ...(hasTls ? [] : ['TLS'])].join(' and ');
  throw usage(
    `${addressText(address)} can be reached by others, and this would serve it without ${lacking}`,
    'Give --htpasswd, --tls-cert and --tls-key, or --allow-insecure where something in front of it does that.',
  );
}

function usage(message: string, hint: string): LifeboatError {
  return new LifeboatError('USAGE', message, { hint });
}
