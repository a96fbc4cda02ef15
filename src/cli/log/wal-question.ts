/** What a program asks over the socket: a line of JSON, and the bytes of a file behind it. */
import type { Socket } from 'node:net';
import { LifeboatError } from '../../error/lifeboat-error.ts';

export interface WalQuestion {
  readonly do: 'put' | 'get';
  readonly system?: string;
  readonly name: string;
  /** Of `put`: bytes that follow. */
  readonly size?: number;
  readonly cluster?: string;
}

const lineBytesMax = 4096;
/** Of the largest segment. */
const fileBytesMax = 1024 * 1024 * 1024;

/** Raises USAGE for what is no question. */
export function parseQuestion(line: string): WalQuestion {
  const json = parsed(line);
  const { v, do: what, system, name, size, cluster } = json;
  if (v !== 1) throw wrong('it is of another version');
  if (what !== 'put' && what !== 'get') throw wrong('it asks for nothing that is known');
  if (typeof name !== 'string' || !/^[0-9A-Za-z.]{1,64}$/.test(name))
    throw wrong('it names no file of a log');
  if (what === 'put' && !isSize(size)) throw wrong('it does not say how long the file is');
  if (cluster !== undefined && !(typeof cluster === 'string' && /^\d{1,20}$/.test(cluster)))
    throw wrong('it names no cluster');
  return {
    ...{ do: what, name },
    ...(typeof system === 'string' ? { system } : {}),
    ...(isSize(size) ? { size } : {}),
    ...(typeof cluster === 'string' ? { cluster } : {}),
  };
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // said below
  }
  throw wrong('it is no JSON');
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= fileBytesMax;
}

function wrong(why: string): LifeboatError {
  return new LifeboatError('USAGE', `a question that cannot be answered: ${why}`, {
    hint: 'Use programs of the same version as `lifeboat up`.',
  });
}

export interface ByteQueue {
  line(signal: AbortSignal): Promise<string>;
  bytes(count: number, signal: AbortSignal): Promise<Buffer>;
}

/** Reads no faster than it is asked to. */
export function createByteQueue(socket: Socket): ByteQueue {
  const chunks = socket.iterator({ destroyOnReturn: false });
  let rest: Buffer = Buffer.alloc(0);
  const more = async (signal: AbortSignal): Promise<Buffer> => {
    signal.throwIfAborted();
    const next = await chunks.next();
    if (next.done === true) throw new LifeboatError('INTERRUPTED', 'the client said only a part');
    return next.value;
  };
  return {
    async line(signal) {
      let end = rest.indexOf(10);
      while (end < 0) {
        rest = Buffer.concat([rest, await more(signal)]);
        end = rest.indexOf(10);
        if (end < 0 && rest.length > lineBytesMax) throw wrong('its line is too long');
      }
      const line = rest.subarray(0, end).toString();
      rest = rest.subarray(end + 1);
      return line;
    },
    async bytes(count, signal) {
      const all = Buffer.allocUnsafe(count);
      let at = rest.copy(all);
      while (at < count) at += (await more(signal)).copy(all, at);
      return all;
    },
  };
}
