/** From the header of a request to the name of a user. Comparing passwords takes the same time wherever they differ. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Semaphore } from '../object-store/semaphore.ts';
import { randomBytes } from '../platform/random.ts';
import { isPassword, type UserEntry } from './users.ts';

export interface Doorkeeper {
  /** The user's name; `undefined` when nobody is let in. */
  userOf(authorization: string | undefined, signal: AbortSignal): Promise<string | undefined>;
}

const credentialsLengthMax = 4096;
/** Each takes 16 MiB and a core for some 50 ms. */
const derivationsMax = 2;

export function createDoorkeeper(users: ReadonlyMap<string, UserEntry>): Doorkeeper {
  const turn = new Semaphore(derivationsMax);
  const secret = randomBytes(32);
  const digestOf = (password: string) => createHmac('sha256', secret).update(password).digest();
  /** Of passwords that were right once: clients send theirs with every request. */
  const known = new Map<string, Buffer>();
  return {
    async userOf(authorization, signal) {
      const given = parseBasic(authorization);
      if (given === undefined) return undefined;
      const { name, password } = given;
      const digest = digestOf(password);
      const before = known.get(name);
      if (before !== undefined && timingSafeEqual(before, digest)) return name;
      if (!(await turn.run(signal, () => isPassword(users.get(name), password)))) return undefined;
      known.set(name, digest);
      return name;
    },
  };
}

function parseBasic(header: string | undefined): { name: string; password: string } | undefined {
  if (header === undefined || header.length > credentialsLengthMax) return undefined;
  const [, encoded] = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(header) ?? [];
  if (encoded === undefined) return undefined;
  const [, name, password] =
    /^([^:]*):([\s\S]*)$/.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  return name === undefined || password === undefined ? undefined : { name, password };
}
