/**
 * Who may come in: lines `name:{SCRYPT}N,r,p$salt$hash`, as this program writes them, and `name:{SHA}hash`, as the
 * `htpasswd -s` of Apache does. Node has no bcrypt, so its lines are refused by name, never silently.
 */
import { hash, scrypt, timingSafeEqual } from 'node:crypto';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { randomBytes } from '../platform/random.ts';

export interface UserEntry {
  readonly name: string;
  readonly verifier: Verifier;
}

type Verifier =
  | { readonly kind: 'sha1'; readonly digest: Buffer }
  | { readonly kind: 'scrypt'; readonly cost: Cost; readonly salt: Buffer; readonly digest: Buffer };

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 16 MiB and some 50 ms a try; a client that was let in once is known for as long as the server runs. */
const usualCost: Cost = { N: 16384, r: 8, p: 1 };
const memoryBytesMax = 256 * 1024 * 1024;
const workMax = 8 * 1024 * 1024;
const saltBytes = 16;
const digestBytes = 32;
const namePattern = /^[A-Za-z0-9._@+-]{1,100}$/;
const usersMax = 10_000;

/** Raises CONFIG_INVALID naming the line; `file` is for people. */
export function parseUsers(text: string, file: string): ReadonlyMap<string, UserEntry> {
  const users = new Map<string, UserEntry>();
  for (const [at, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const entry = parseLine(trimmed, `line ${at + 1} of ${file}`);
    if (users.has(entry.name))
      throw unusable(`line ${at + 1} of ${file}`, 'names a user for the second time');
    users.set(entry.name, entry);
  }
  if (users.size === 0) throw unusable(file, 'names no user');
  if (users.size > usersMax) throw unusable(file, `names more than ${usersMax} users`);
  return users;
}

/** The line for a new user. Raises USAGE for a name or a password that cannot be. */
export async function userLine(name: string, password: string): Promise<string> {
  if (!namePattern.test(name))
    throw new LifeboatError('USAGE', 'a name of a user has letters, digits and . _ @ + - only', {
      hint: 'Choose another name; it must not be longer than 100 characters.',
    });
  if (password === '')
    throw new LifeboatError('USAGE', 'the password of the user is empty', { hint: 'Give a password.' });
  const salt = randomBytes(saltBytes);
  const digest = await derive(password, salt, usualCost);
  const { N, r, p } = usualCost;
  return `${name}:{SCRYPT}${N},${r},${p}$${salt.toString('base64')}$${digest.toString('base64')}`;
}

/** The text of the file with the user's line new or replaced; the other lines stay as they are. */
export function withUser(text: string, name: string, line: string): string {
  const others = text.split('\n').filter((each) => each !== '' && !each.startsWith(`${name}:`));
  return `${[...others, line].join('\n')}\n`;
}

/** Takes as long for a user that does not exist. */
export async function isPassword(entry: UserEntry | undefined, password: string): Promise<boolean> {
  const verifier = entry?.verifier;
  if (verifier?.kind === 'scrypt')
    return timingSafeEqual(await derive(password, verifier.salt, verifier.cost), verifier.digest);
  await derive(password, Buffer.alloc(saltBytes), usualCost);
  if (verifier === undefined) return false;
  return timingSafeEqual(hash('sha1', password, 'buffer'), verifier.digest);
}

/** Users whose password is kept as an unsalted SHA-1, which is quickly tried out. */
export function weaklyKept(users: ReadonlyMap<string, UserEntry>): readonly string[] {
  return [...users.values()].filter(({ verifier }) => verifier.kind === 'sha1').map(({ name }) => name);
}

function parseLine(line: string, what: string): UserEntry {
  const [, name = '', kept = ''] = /^([^:]*):(.*)$/.exec(line) ?? [];
  if (!namePattern.test(name)) throw unusable(what, 'does not begin with the name of a user and a colon');
  if (/^\$2[aby]?\$/.test(kept))
    throw unusable(what, `keeps the password of ${name} with bcrypt, which Node lacks`);
  return { name, verifier: parseSha(kept) ?? parseScrypt(kept) ?? unknownForm(what, name) };
}

function parseSha(kept: string): Verifier | undefined {
  const digest = base64Of(/^\{SHA\}(.*)$/.exec(kept)?.[1]);
  return digest?.length === 20 ? { kind: 'sha1', digest } : undefined;
}

function parseScrypt(kept: string): Verifier | undefined {
  const match = /^\{SCRYPT\}(\d{1,9}),(\d{1,4}),(\d{1,4})\$([^$]*)\$([^$]*)$/.exec(kept);
  const [N = 0, r = 0, p = 0] = match?.slice(1, 4).map(Number) ?? [];
  const salt = base64Of(match?.[4]);
  const digest = base64Of(match?.[5]);
  if (!salt?.length || digest?.length !== digestBytes) return undefined;
  const isSound = N > 1 && Number.isInteger(Math.log2(N)) && r > 0 && p > 0;
  if (!isSound || 128 * N * r > memoryBytesMax || N * r * p > workMax) return undefined;
  return { kind: 'scrypt', cost: { N, r, p }, salt, digest };
}

function base64Of(text: string | undefined): Buffer | undefined {
  const bytes = text === undefined ? undefined : Buffer.from(text, 'base64');
  return bytes?.toString('base64') === text ? bytes : undefined;
}

function derive(password: string, salt: Buffer, { N, r, p }: Cost): Promise<Buffer> {
  const maxmem = 2 * 128 * N * r + 128 * r * p + 1024 * 1024;
  return new Promise((resolve, reject) => {
    scrypt(password, salt, digestBytes, { N, r, p, maxmem }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

function unknownForm(what: string, name: string): never {
  throw unusable(what, `keeps the password of ${name} in an unknown form`);
}

function unusable(what: string, how: string): LifeboatError {
  return new LifeboatError('CONFIG_INVALID', `${what} ${how}`, {
    hint: 'Write lines with `lifeboat vault serve --htpasswd FILE --add-user NAME`; {SHA} lines of `htpasswd -s` are read as well.',
  });
}
