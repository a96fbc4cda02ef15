import { LifeboatError } from '../error/lifeboat-error.ts';
import { type SealKey, sealOverheadBytes } from './seal.ts';

/** The parameters of scrypt by their usual names: cost N (a power of two), block size r, parallelism p. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

export interface KeyFile {
  readonly cost: ScryptCost;
  readonly salt: Buffer;
  /** The master key's JSON, sealed under the derived key. */
  readonly data: Buffer;
  readonly created: string;
  readonly username: string;
  readonly hostname: string;
}

/** A key file is some 450 bytes; anything much larger is not one. */
const keyFileBytesMax = 64 * 1024;
const kdfMemoryBytesMax = 1024 * 1024 * 1024;
/** N·r·p; restic's half second is about 1.5 million, so this bounds a foreign file to about a minute. */
const kdfWorkMax = 128 * 1024 * 1024;

/**
 * The outer, plain-text layer of a restic key file.
 * @throws OBJECT_DAMAGED when it is not one, or asks for more memory or time than any honest one does.
 */
export function parseKeyFile(bytes: Uint8Array, what: string): KeyFile {
  const fields = parseObject(bytes, what);
  if (fields['kdf'] !== 'scrypt') {
    throw unusable(what, 'does not use scrypt');
  }
  const cost = {
    N: wholeNumber(fields['N'], what),
    r: wholeNumber(fields['r'], what),
    p: wholeNumber(fields['p'], what),
  };
  checkCost(cost, what);
  const salt = base64Field(fields['salt'], what);
  const data = base64Field(fields['data'], what);
  if (salt.length === 0 || data.length < sealOverheadBytes) {
    throw unusable(what, 'is cut short');
  }
  return {
    cost,
    salt,
    data,
    created: textOrNothing(fields['created']),
    username: textOrNothing(fields['username']),
    hostname: textOrNothing(fields['hostname']),
  };
}

/** The inner layer, after unsealing. */
export function parseMasterKey(plaintext: Uint8Array, what: string): SealKey {
  const fields = parseObject(plaintext, what);
  const mac = isRecord(fields['mac']) ? fields['mac'] : {};
  const key = {
    encrypt: base64Field(fields['encrypt'], what),
    macK: base64Field(mac['k'], what),
    macR: base64Field(mac['r'], what),
  };
  if (key.encrypt.length !== 32 || key.macK.length !== 16 || key.macR.length !== 16) {
    throw unusable(what, 'holds a master key of the wrong length');
  }
  return key;
}

function checkCost({ N, r, p }: ScryptCost, what: string): void {
  const isPowerOfTwo = N > 1 && Number.isInteger(Math.log2(N));
  if (!isPowerOfTwo || r < 1 || p < 1) {
    throw unusable(what, 'has scrypt parameters that do not exist');
  }
  if (128 * N * r > kdfMemoryBytesMax || 128 * r * p > kdfMemoryBytesMax || N * r * p > kdfWorkMax) {
    throw unusable(what, 'asks for more memory or time than Lifeboat gives to a key');
  }
}

function parseObject(bytes: Uint8Array, what: string): Readonly<Record<string, unknown>> {
  if (bytes.length > keyFileBytesMax) {
    throw unusable(what, 'is too large to be a key file');
  }
  const value = parseJson(bytes, what);
  if (!isRecord(value)) {
    throw unusable(what, 'is not a key file');
  }
  return value;
}

function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8').decode(bytes));
  } catch {
    // No cause: the parser's message quotes the text, which may be the master key.
    throw unusable(what, 'is not valid JSON');
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wholeNumber(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw unusable(what, 'lacks a scrypt parameter');
  }
  return value;
}

function base64Field(value: unknown, what: string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
  if (bytes === undefined || bytes.toString('base64') !== value) {
    throw unusable(what, 'lacks a field or holds one that is not base64');
  }
  return bytes;
}

/** These three are for people only. */
function textOrNothing(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function unusable(what: string, how: string): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `${what} ${how}`, {
    hint: 'Open the vault with another key; if that works, remove this key and add a new one.',
  });
}
