/**
 * Worker threads that answer requests. Each request goes to the thread with the least to do, or to one that is chosen;
 * a reply resolves its promise. After the first failure of a thread itself everything rejects with it.
 */
import type { TransferListItem, Worker } from 'node:worker_threads';
import { assert, defined } from '../error/assert.ts';
import { type ErrorCode, errorCodes } from '../error/codes.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { returnLargeBlocksAtOnce } from '../platform/posix/memory-allocator.ts';
import { startThread } from '../platform/start-thread.ts';

export interface WorkerPool<Request, Reply> extends AsyncDisposable {
  /**
   * Buffers in `transfer` belong to the worker afterwards. `at` chooses the worker, from 0 on; otherwise it is the one
   * with the least to do. Raises what the worker raised.
   */
  run(request: Request, transfer?: readonly TransferListItem[], at?: number): Promise<Reply>;
}

/** What travels besides the request itself. */
export interface Envelope<T> {
  readonly number: number;
  readonly body: T;
}

export type ReplyEnvelope<Reply> = Envelope<{ readonly reply: Reply } | { readonly error: PlainError }>;

export interface PlainError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

interface Member<Reply> {
  readonly worker: Worker;
  readonly waiting: Map<number, PromiseWithResolvers<Reply>>;
}

/** Short-lived objects are few in a worker; the default would let them pile up. */
const resourceLimits = { maxYoungGenerationSizeMb: 8 };

export function createWorkerPool<Request, Reply>(
  module: URL,
  workerData: unknown,
  count: number,
): WorkerPool<Request, Reply> {
  returnLargeBlocksAtOnce();
  let failure: { readonly error: unknown } | undefined;
  let nextNumber = 1;
  const members = Array.from({ length: count }, start);

  // the descriptors come from openat2, of which Node knows nothing; it would warn of every one that is closed
  function start(): Member<Reply> {
    const member: Member<Reply> = {
      worker: startThread(module, { workerData, resourceLimits, trackUnmanagedFds: false }),
      waiting: new Map(),
    };
    member.worker.on('message', (message: ReplyEnvelope<Reply>) => settle(member, message));
    member.worker.on('error', fail);
    member.worker.on('exit', () => fail(new LifeboatError('INTERNAL', 'a worker thread ended unexpectedly')));
    return member;
  }

  function leastBusy(): Member<Reply> {
    const [first, ...others] = members;
    assert(first, 'the pool has a worker');
    return others.reduce((least, other) => (other.waiting.size < least.waiting.size ? other : least), first);
  }

  function settle(member: Member<Reply>, { number, body }: ReplyEnvelope<Reply>): void {
    const waiting = defined(member.waiting.get(number), 'the request that was answered');
    member.waiting.delete(number);
    if ('reply' in body) waiting.resolve(body.reply);
    else waiting.reject(errorOf(body.error));
  }

  function fail(error: unknown): void {
    failure ??= { error };
    for (const member of members) for (const waiting of member.waiting.values()) waiting.reject(error);
  }

  return {
    async run(request, transfer = [], at = undefined) {
      if (failure) throw failure.error;
      const member = at === undefined ? leastBusy() : defined(members[at], 'a worker of the pool');
      const number = nextNumber++;
      const waiting = Promise.withResolvers<Reply>();
      member.waiting.set(number, waiting);
      member.worker.postMessage({ number, body: request } satisfies Envelope<Request>, transfer);
      return await waiting.promise;
    },
    async [Symbol.asyncDispose]() {
      fail(new LifeboatError('INTERRUPTED', 'the work was given up before its end'));
      await Promise.all(members.map((member) => member.worker.terminate()));
    },
  };
}

export function plainError(error: unknown): PlainError {
  if (error instanceof LifeboatError)
    return { code: error.code, message: error.message, hint: error.hint ?? '' };
  return {
    code: 'INTERNAL',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    hint: '',
  };
}

export function errorOf({ code, message, hint }: PlainError): LifeboatError {
  const known = code in errorCodes ? (code as ErrorCode) : 'INTERNAL';
  return new LifeboatError(known, message, hint === '' ? {} : { hint });
}
