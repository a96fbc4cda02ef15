/** Proves to a server who we are, in the way that it asks for. */
import { createHash } from 'node:crypto';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { randomBytes } from '../../../platform/random.ts';
import { isUnixSocket, type PostgresAddress } from './address.ts';
import type { Channel } from './channel.ts';
import { fieldsOf } from './field-reader.ts';
import { passwordMessage, saslInitialResponse, text } from './front-messages.ts';
import { beginScram, type Scram } from './scram.ts';

/** One of a dialogue: takes the bodies of authentication messages until the server is content. */
export interface Authentication {
  /** Gives true when the server is content. Raises SOURCE_DENIED. */
  take(body: Buffer): Promise<boolean>;
}

const methods = {
  ok: 0,
  cleartext: 3,
  md5: 5,
  sasl: 10,
  saslContinue: 11,
  saslFinal: 12,
} as const;

const nonceBytes = 18;

export function beginAuthentication(address: PostgresAddress, channel: Channel): Authentication {
  let scram: Scram | undefined;
  let isProven = true;
  return {
    async take(body) {
      const fields = fieldsOf(body);
      const method = fields.int32();
      switch (method) {
        case methods.ok:
          if (!isProven) throw denied('the server ended SCRAM before it proved that it knows the password');
          return true;
        case methods.cleartext:
          channel.write(passwordMessage(text(clearPassword(address, channel))));
          return false;
        case methods.md5:
          channel.write(passwordMessage(text(md5Answer(address, fields.bytes(4)))));
          return false;
        case methods.sasl:
          scram = startScram(address, channel, mechanismsOf(fields.rest()));
          isProven = false;
          return false;
        case methods.saslContinue:
          channel.write(passwordMessage(Buffer.from(await given(scram).respond(fields.rest().toString()))));
          return false;
        case methods.saslFinal:
          given(scram).finish(fields.rest().toString());
          isProven = true;
          return false;
        default:
          throw denied(`the server asks for a way to log in (${method}) that Lifeboat does not know`);
      }
    },
  };
}

function startScram(address: PostgresAddress, channel: Channel, mechanisms: readonly string[]): Scram {
  const password = passwordOf(address);
  const hash = channel.certificateHash;
  const offersBinding = mechanisms.includes('SCRAM-SHA-256-PLUS');
  const canBind = hash !== undefined;
  if (!mechanisms.includes('SCRAM-SHA-256') && !(offersBinding && canBind)) {
    throw denied(`the server offers only ${mechanisms.join(', ')}`);
  }
  const isBound = offersBinding && canBind;
  const scram = beginScram({
    password,
    nonce: randomBytes(nonceBytes).toString('base64'),
    binding: isBound ? { kind: 'bound', hash } : { kind: canBind ? 'unoffered' : 'unable' },
  });
  channel.write(saslInitialResponse(isBound ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256', scram.first));
  return scram;
}

function mechanismsOf(list: Buffer): readonly string[] {
  return list
    .toString()
    .split('\0')
    .filter((name) => name !== '');
}

/** Who listens would have it. */
function clearPassword(address: PostgresAddress, channel: Channel): string {
  if (channel.isEncrypted || isUnixSocket(address)) return passwordOf(address);
  throw new LifeboatError('SOURCE_DENIED', 'the server asks for the password in the clear', {
    hint: 'Let pg_hba.conf of the server say scram-sha-256 instead of password, or encrypt the connection.',
  });
}

function md5Answer(address: PostgresAddress, salt: Buffer): string {
  const inner = md5(Buffer.from(passwordOf(address) + address.user));
  return `md5${md5(Buffer.concat([Buffer.from(inner), salt]))}`;
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}

function passwordOf({ password, user }: PostgresAddress): string {
  if (password !== undefined && password !== '') return password;
  throw new LifeboatError('SOURCE_DENIED', `the server asks for a password of ${user}, and there is none`, {
    hint: 'Say in the plan where the password of the connection comes from.',
  });
}

function given(scram: Scram | undefined): Scram {
  if (scram !== undefined) return scram;
  throw denied('the server goes on with SCRAM before it has begun');
}

function denied(what: string): LifeboatError {
  return new LifeboatError('SOURCE_DENIED', what, {
    hint: 'Let pg_hba.conf of the server say scram-sha-256 for this user.',
  });
}
