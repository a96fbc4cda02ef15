import { scrypt } from 'node:crypto';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { randomBytes } from '../platform/random.ts';
import { type KeyFile, parseKeyFile, parseMasterKey, type ScryptCost } from './key-file-format.ts';
import { type SealKey, seal, sealFits, unseal } from './seal.ts';

/** Takes about 300 ms and 32 MiB on a machine of 2024; restic's own calibration ends near half a second. */
const defaultCost: ScryptCost = { N: 32768, r: 8, p: 4 };
const saltBytes = 64;
const derivedBytes = 64;

export interface KeyFileRequest {
  readonly password: string;
  readonly masterKey: SealKey;
  readonly username: string;
  readonly hostname: string;
  /** RFC 3339, as the key file shall carry it. */
  readonly created: string;
  /** Cheaper for tests only. */
  readonly kdf?: ScryptCost;
}

/** A random master key, for a new repository. */
export function newMasterKey(): SealKey {
  return {
    encrypt: randomBytes(32),
    macK: randomBytes(16),
    macR: randomBytes(16),
  };
}

/** The bytes of a restic key file (restic, internal/repository/key.go) that opens with `password`. */
export async function makeKeyFile(request: KeyFileRequest): Promise<Buffer> {
  const { masterKey, username, hostname, created } = request;
  const cost = request.kdf ?? defaultCost;
  const salt = randomBytes(saltBytes);
  const wrapping = await deriveKey(request.password, salt, cost);
  const data = seal(wrapping, Buffer.from(masterKeyJson(masterKey)));
  const { N, r, p } = cost;
  const file = {
    created,
    username,
    hostname,
    kdf: 'scrypt',
    N,
    r,
    p,
    salt: base64(salt),
    data: base64(data),
  };
  return Buffer.from(JSON.stringify(file));
}

/**
 * The master key, or `undefined` when the password is not the one of this key file.
 * `what` names the file for errors.
 * @throws OBJECT_DAMAGED when the bytes are not a key file that can be used.
 */
export async function openKeyFile(
  bytes: Uint8Array,
  password: string,
  what = 'key file',
): Promise<SealKey | undefined> {
  const file: KeyFile = parseKeyFile(bytes, what);
  const wrapping = await deriveKey(password, file.salt, file.cost);
  if (!sealFits(wrapping, file.data)) {
    return undefined;
  }
  return parseMasterKey(unseal(wrapping, file.data, what), what);
}

/**
 * 64 bytes that open this key file as its password does, without the time that a password takes. As secret as it.
 * @throws OBJECT_DAMAGED when the bytes are not a key file that can be used.
 */
export async function wrappingOf(bytes: Uint8Array, password: string, what = 'key file'): Promise<Buffer> {
  const { salt, cost } = parseKeyFile(bytes, what);
  return await deriveBytes(password, salt, cost);
}

/** As `openKeyFile`, with what `wrappingOf` gave. */
export function openWithWrapping(
  bytes: Uint8Array,
  wrapping: Uint8Array,
  what = 'key file',
): SealKey | undefined {
  const { data } = parseKeyFile(bytes, what);
  const key = sealKeyOf(wrapping);
  return sealFits(key, data) ? parseMasterKey(unseal(key, data, what), what) : undefined;
}

function masterKeyJson(key: SealKey): string {
  return JSON.stringify({
    mac: { k: base64(key.macK), r: base64(key.macR) },
    encrypt: base64(key.encrypt),
  });
}

async function deriveKey(password: string, salt: Uint8Array, cost: ScryptCost): Promise<SealKey> {
  return sealKeyOf(await deriveBytes(password, salt, cost));
}

function sealKeyOf(derived: Uint8Array): SealKey {
  const bytes = Buffer.from(derived);
  return { encrypt: bytes.subarray(0, 32), macK: bytes.subarray(32, 48), macR: bytes.subarray(48, 64) };
}

function deriveBytes(password: string, salt: Uint8Array, { N, r, p }: ScryptCost): Promise<Buffer> {
  // Node's default limit of 32 MiB is just too small for N = 32768; twice the table leaves room for the rest.
  const maxmem = 2 * 128 * N * r + 128 * r * p + 1024 * 1024;
  return new Promise((resolve, reject) => {
    scrypt(Buffer.from(password, 'utf8'), salt, derivedBytes, { N, r, p, maxmem }, (error, derived) => {
      if (error === null) {
        resolve(derived);
      } else {
        reject(derivationFailed(error));
      }
    });
  });
}

function derivationFailed(cause: unknown): LifeboatError {
  return new LifeboatError('INTERNAL', 'the key could not be derived from the password', {
    hint: 'Free some memory on this machine and try again.',
    cause,
  });
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64');
}
