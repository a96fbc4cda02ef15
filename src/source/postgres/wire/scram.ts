/**
 * The client's half of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677, RFC 5929). The server proves that it
 * knows the password as well, and with PLUS that nobody stands between.
 */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { saslPrepared } from './sasl-prepared.ts';

export interface ScramOptions {
  readonly password: string;
  /** Fresh and random, of letters, digits and other printable signs but the comma. */
  readonly nonce: string;
  /**
   * `bound`: the hash of the server's certificate. `unoffered`: we could bind, the server does not offer it.
   * `unable`: not encrypted, or no hash for this certificate.
   */
  readonly binding:
    | { readonly kind: 'bound'; readonly hash: Buffer }
    | { readonly kind: 'unoffered' | 'unable' };
}

export interface Scram {
  readonly first: string;
  /** Answers the server's first message. */
  respond(serverFirst: string): Promise<string>;
  /** Checks the server's last message. Raises SOURCE_DENIED when it does not know the password. */
  finish(serverFinal: string): void;
}

/** More would only keep this machine busy. PostgreSQL's own default is 4096. */
const iterationsMax = 1_000_000;
const keyBytes = 32;

export function beginScram({ password, nonce, binding }: ScramOptions): Scram {
  const header = { bound: 'p=tls-server-end-point,,', unoffered: 'y,,', unable: 'n,,' }[binding.kind];
  const bare = `n=,r=${nonce}`;
  let expected: Buffer | undefined;
  return {
    first: header + bare,
    respond: async (serverFirst) => {
      const { combined, salt, iterations } = parseFirst(serverFirst, nonce);
      const salted = await promisify(pbkdf2)(saslPrepared(password), salt, iterations, keyBytes, 'sha256');
      const channel = Buffer.concat([
        Buffer.from(header),
        binding.kind === 'bound' ? binding.hash : Buffer.alloc(0),
      ]);
      const withoutProof = `c=${channel.toString('base64')},r=${combined}`;
      const whole = `${bare},${serverFirst},${withoutProof}`;
      const clientKey = hmac(salted, 'Client Key');
      const signature = hmac(createHash('sha256').update(clientKey).digest(), whole);
      const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
      expected = hmac(hmac(salted, 'Server Key'), whole);
      return `${withoutProof},p=${proof.toString('base64')}`;
    },
    finish: (serverFinal) => {
      const given = Buffer.from(/^v=([^,]*)/.exec(serverFinal)?.[1] ?? '', 'base64');
      if (expected?.length === given.length && timingSafeEqual(expected, given)) return;
      throw impostor('the server does not know the password that it asks for');
    },
  };
}

interface ServerFirst {
  readonly combined: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

function parseFirst(message: string, nonce: string): ServerFirst {
  const parts = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(message);
  const [, combined = '', salt = '', count = ''] = parts ?? [];
  const iterations = Number(count);
  if (parts === null || !combined.startsWith(nonce) || combined === nonce) {
    throw impostor('the server did not answer the question that we asked');
  }
  if (iterations < 1 || iterations > iterationsMax) {
    throw impostor(`the server asks for ${count} rounds of hashing`);
  }
  return { combined, salt: Buffer.from(salt, 'base64'), iterations };
}

function hmac(key: Buffer, message: string): Buffer {
  return createHmac('sha256', key).update(message).digest();
}

function impostor(what: string): LifeboatError {
  return new LifeboatError('SOURCE_DENIED', what, {
    hint: 'Somebody may stand between: check where host and port lead to before you give the password again.',
  });
}
