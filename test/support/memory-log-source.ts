/** A server with a log in memory, which can be cut off, promoted, set back, and made to forget. */
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import { noMarks } from '../../src/log-archive/log-archive.ts';
import type { LineagePart, LogEngine } from '../../src/log-shipping/shipping.ts';
import type {
  Heartbeat,
  LogEvent,
  LogHealth,
  LogIdentity,
  LogPosition,
  LogSource,
  LogStream,
} from '../../src/source/log-source.ts';

export const segmentBytes = 1024 * 1024;
const heartbeatBytes = 64;
/** Of one message of the stream. */
const messageBytesMax = 64 * 1024;

interface Branch {
  readonly name: string;
  readonly start: bigint;
  /** Longer than what is written, so that appending is quick. */
  room: Buffer;
  end: bigint;
  /** Where its successor left it. */
  left?: bigint;
}

export class MemoryLog implements LogSource {
  readonly description = 'a log in memory';
  readonly branches: Branch[];
  acknowledged = 0n;
  isWaiting = false;
  beats = 0;
  /** How often it was asked for a stream. */
  streams = 0;
  private heldFrom: bigint;
  private oldest: bigint;
  private isReachable = true;
  private epoch = 0;
  private wakers: (() => void)[] = [];
  private commits: { readonly end: bigint; readonly done: () => void }[] = [];

  constructor(start = BigInt(segmentBytes)) {
    this.branches = [{ name: '00000001', start, room: Buffer.alloc(0), end: start }];
    this.heldFrom = start;
    this.oldest = start;
  }

  get current(): Branch {
    const branch = this.branches.at(-1);
    if (branch === undefined) throw new Error('there is a branch');
    return branch;
  }

  get end(): bigint {
    return this.current.end;
  }

  /** Appends; resolves when a commit of these bytes would return. */
  async commit(bytes: Buffer): Promise<void> {
    const end = this.append(bytes);
    if (this.isWaiting && end > this.acknowledged)
      await new Promise<void>((done) => this.commits.push({ end, done }));
  }

  bytes(name: string, from: bigint, to: bigint): Buffer {
    return slice(this.named(name), from, to);
  }

  /** A server that is out of reach ends its streams and answers nothing. */
  setReachable(isReachable: boolean): void {
    this.isReachable = isReachable;
    this.wake();
  }

  /** Ends the streams, as a restart does. */
  cut(): void {
    this.epoch++;
    this.wake();
  }

  /** A new branch that begins at the end of this one, or earlier: then the rest was never known to the new server. */
  promote(at = this.end): void {
    const old = this.current;
    old.left = at;
    const floor = at - (at % BigInt(segmentBytes));
    const start = floor < old.start ? old.start : floor;
    const name = String(this.branches.length + 1).padStart(8, '0');
    this.branches.push({ name, start, room: Buffer.from(slice(old, start, at)), end: at });
    this.wake();
  }

  /** Deletes what lies before, held or not; with `tellsSo` false it says that it holds it all the same. */
  forget(before: bigint, tellsSo = true): void {
    this.oldest = before;
    if (tellsSo && this.heldFrom < before) this.heldFrom = before;
  }

  /** Other bytes from here on, on the same branch: another server under the same identity. */
  rewrite(from: bigint, bytes: Buffer): void {
    this.current.end = from;
    this.append(bytes);
    this.cut();
  }

  async preflight(): Promise<readonly []> {
    return [];
  }

  async identify(): Promise<LogIdentity> {
    this.mustBeReachable();
    const { name: branch, end: flushed } = this.current;
    return { incarnation: '42', branch, flushed, segmentBytes, server: 'Memory 1' };
  }

  async history(name: string): Promise<Uint8Array | undefined> {
    this.mustBeReachable();
    const before = this.branches.slice(0, this.branches.indexOf(this.named(name)));
    if (before.length === 0) return undefined;
    return Buffer.from(before.map((branch) => `${branch.name} ${branch.left}\n`).join(''));
  }

  async hold() {
    this.mustBeReachable();
    return { name: 'slot', heldFrom: this.heldFrom, isNew: false };
  }

  async stream({ branch: name, at }: LogPosition, signal?: AbortSignal): Promise<LogStream> {
    this.mustBeReachable();
    this.streams++;
    const branch = this.named(name);
    if (at < this.oldest) throw new LifeboatError('LOG_GONE', `${at} is gone`);
    const sent = { at };
    return {
      events: this.events(branch, sent, signal),
      acknowledge: (position) => {
        if (position > sent.at) throw new RangeError('more is acknowledged than has come');
        if (position > this.acknowledged) this.acknowledged = position;
        this.heldFrom = this.acknowledged;
        this.release();
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  /** Takes a turn, as a server does. */
  async beat(): Promise<Heartbeat> {
    this.mustBeReachable();
    this.beats++;
    const writtenAtMs = Date.now();
    return { end: this.append(Buffer.alloc(heartbeatBytes, `beat ${this.beats} `)), writtenAtMs };
  }

  async health(): Promise<LogHealth> {
    this.mustBeReachable();
    const { heldFrom, isWaiting } = this;
    return {
      ...{ hold: 'reserved', heldFrom, isWaiting, waitingSessions: this.commits.length },
      ...{ longestWaitMs: 0, findings: [] },
    };
  }

  async setWaiting(waits: boolean): Promise<void> {
    this.mustBeReachable();
    this.isWaiting = waits;
    this.release();
  }

  private async *events(
    branch: Branch,
    sent: { at: bigint },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<LogEvent, void> {
    const own = this.epoch;
    for (;;) {
      const { at } = sent;
      signal?.throwIfAborted();
      this.mustBeReachable();
      if (this.epoch !== own) throw unreachable('the connection was cut');
      const end = branch.left ?? branch.end;
      if (at < end) {
        const to = end - at > BigInt(messageBytesMax) ? at + BigInt(messageBytesMax) : end;
        const bytes = Buffer.from(slice(branch, at, to));
        sent.at = to;
        yield { kind: 'bytes', start: at, bytes, serverEnd: end, sentAtMs: Date.now() };
      } else if (branch.left !== undefined) {
        const next = this.branches[this.branches.indexOf(branch) + 1];
        yield { kind: 'branch-end', at: end, next: next?.name ?? '' };
        return;
      } else await this.woken(signal);
    }
  }

  private append(bytes: Buffer): bigint {
    const branch = this.current;
    const used = Number(branch.end - branch.start);
    if (used + bytes.length > branch.room.length) {
      const room = Buffer.alloc(2 * (used + bytes.length));
      branch.room.copy(room, 0, 0, used);
      branch.room = room;
    }
    bytes.copy(branch.room, used);
    branch.end += BigInt(bytes.length);
    this.wake();
    return branch.end;
  }

  private release(): void {
    const waiting = this.commits;
    this.commits = waiting.filter(({ end }) => this.isWaiting && end > this.acknowledged);
    for (const commit of waiting) if (!this.commits.includes(commit)) commit.done();
  }

  private woken(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.wakers.push(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  private wake(): void {
    for (const wake of this.wakers.splice(0)) wake();
  }

  private mustBeReachable(): void {
    if (!this.isReachable) throw unreachable('the server does not answer');
  }

  private named(name: string): Branch {
    const branch = this.branches.find((each) => each.name === name);
    if (branch === undefined) throw new LifeboatError('SOURCE_INVALID', `there is no branch ${name}`);
    return branch;
  }
}

function slice({ start, room }: Branch, from: bigint, to: bigint): Buffer {
  return room.subarray(Number(from - start), Number(to - start));
}

function unreachable(message: string): LifeboatError {
  return new LifeboatError('SOURCE_UNREACHABLE', message, { retryable: true });
}

export const memoryEngine: LogEngine = {
  pageBytes: 8192,
  markReader: () => ({ take: (bytes) => ({ ...noMarks, commits: bytes.length > 0 ? 1 : 0 }) }),
  lineage: (branch, history): readonly LineagePart[] => {
    const lines = history === undefined ? [] : Buffer.from(history).toString().trim().split('\n');
    const ancestors = lines.map((line) => {
      const [name = '', end = '0'] = line.split(' ');
      return { branch: name, end: BigInt(end) };
    });
    return [...ancestors, { branch }];
  },
};
