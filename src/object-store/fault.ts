import { unreachable } from '../error/assert.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { ByteRange, ListedObject, ObjectStat, ObjectStore } from './object-store.ts';
import { wrapAbilities } from './wrap-abilities.ts';

export type StoreOperation = 'put' | 'get' | 'stat' | 'list' | 'delete';

/** Which calls a fault counts; what is left out matches all. Calls of abilities count as the operation they come nearest to. */
export interface CallMatch {
  readonly operation?: StoreOperation;
  /** Of the key, or of the prefix of a list. */
  readonly keyPrefix?: string;
}

/**
 * One line of the script. `nth` counts the calls that match, from 1.
 * - `fail`: the call raises `error` and does not reach the store; with `times`, so do the matching calls after it.
 * - `fail-after`: the call is done and then raises `error`, like an answer that is lost on the way.
 * - `cut-put`: the store keeps only the first `bytes` of the object, as one without atomic writes would; raises.
 * - `flip-bit`: bit `bit` of what get returns is wrong (counted from the first byte's lowest, modulo its length).
 * - `delay`: the call waits for `until` before it reaches the store.
 * - `cut`: after `after` matching calls every call of any kind raises, as if the process had died there.
 */
export type Fault =
  | (CallMatch & { kind: 'fail'; nth: number; times?: number; error?: Error })
  | (CallMatch & { kind: 'fail-after'; nth: number; error?: Error })
  | (Omit<CallMatch, 'operation'> & { kind: 'cut-put'; nth: number; bytes: number })
  | (Omit<CallMatch, 'operation'> & { kind: 'flip-bit'; nth: number; bit: number })
  | (CallMatch & { kind: 'delay'; nth: number; until: Promise<void> })
  | (CallMatch & { kind: 'cut'; after: number });

export interface FaultyStore extends ObjectStore {
  /** Calls begun, those that were made to fail included. */
  readonly calls: () => number;
  /** Whether a `cut` has happened. */
  readonly isCut: () => boolean;
}

/** Follows the script; without one it is transparent. For tests and drills. */
export function withFaults(inner: ObjectStore, script: readonly Fault[]): FaultyStore {
  const state: ScriptState = { faults: script.map((fault) => ({ fault, matches: 0 })), calls: 0, cut: false };
  const { put, get, stat, list, delete: remove } = faultyCalls(inner, state);
  return {
    location: inner.location,
    facts: inner.facts,
    abilities: faultyAbilities(inner, state),
    calls: () => state.calls,
    isCut: () => state.cut,
    put,
    get,
    stat,
    list,
    delete: remove,
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

/** Whether the error says that a `cut` ended the store. */
export function isStoreCut(error: unknown): boolean {
  return error instanceof LifeboatError && error.details['storeCut'] === true;
}

interface ScriptState {
  readonly faults: readonly { readonly fault: Fault; matches: number }[];
  calls: number;
  cut: boolean;
}

function faultyCalls(
  inner: ObjectStore,
  state: ScriptState,
): Pick<ObjectStore, 'put' | 'get' | 'stat' | 'list' | 'delete'> {
  return {
    async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
      const effect = begin(state, 'put', key);
      await effect.before();
      if (effect.tornBytes !== undefined) {
        await inner.put(key, bytes.subarray(0, effect.tornBytes), signal);
        throw injected(`put of ${key} was cut after ${effect.tornBytes} bytes`);
      }
      await inner.put(key, bytes, signal);
      effect.after();
    },
    async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer> {
      const effect = begin(state, 'get', key);
      await effect.before();
      const bytes = await inner.get(key, range, signal);
      effect.after();
      return effect.flippedBit === undefined ? bytes : withFlippedBit(bytes, effect.flippedBit);
    },
    async stat(key: string, signal?: AbortSignal): Promise<ObjectStat> {
      const effect = begin(state, 'stat', key);
      await effect.before();
      const found = await inner.stat(key, signal);
      effect.after();
      return found;
    },
    async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ListedObject> {
      const effect = begin(state, 'list', prefix);
      await effect.before();
      for await (const object of inner.list(prefix, signal)) {
        raiseIfCut(state);
        yield object;
      }
      effect.after();
    },
    async delete(key: string, signal?: AbortSignal): Promise<void> {
      const effect = begin(state, 'delete', key);
      await effect.before();
      await inner.delete(key, signal);
      effect.after();
    },
  };
}

function faultyAbilities(inner: ObjectStore, state: ScriptState): ObjectStore['abilities'] {
  return wrapAbilities(
    inner.abilities,
    async (signal, act, { operation, key, bytes }) => {
      const effect = begin(state, operation, key);
      await effect.before();
      if (effect.tornBytes !== undefined && bytes !== undefined) {
        await inner.put(key, bytes.subarray(0, effect.tornBytes), signal);
        throw injected(`put of ${key} was cut after ${effect.tornBytes} bytes`);
      }
      const result = await act();
      effect.after();
      return result;
    },
    async function* (prefix, list) {
      const effect = begin(state, 'list', prefix);
      await effect.before();
      for await (const version of list()) {
        raiseIfCut(state);
        yield version;
      }
      effect.after();
    },
  );
}

/** What the script does to one call. */
interface Effect {
  /** Raises or waits as the script says, before the call reaches the store. */
  readonly before: () => Promise<void>;
  /** Raises when the answer is to be lost, or when a cut came while the call was under way. */
  readonly after: () => void;
  readonly tornBytes: number | undefined;
  readonly flippedBit: number | undefined;
}

function begin(state: ScriptState, operation: StoreOperation, key: string): Effect {
  state.calls += 1;
  const active = state.faults.filter((entry) => countsNow(entry, operation, key)).map(({ fault }) => fault);
  state.cut ||= active.some(({ kind }) => kind === 'cut');
  const last = <K extends Fault['kind']>(kind: K): Extract<Fault, { kind: K }> | undefined =>
    active.findLast((fault): fault is Extract<Fault, { kind: K }> => fault.kind === kind);
  return {
    before: async () => {
      raiseIfCut(state);
      await last('delay')?.until;
      raiseIfCut(state);
      raise(last('fail'), operation, key);
    },
    after: () => {
      raiseIfCut(state);
      raise(last('fail-after'), operation, key);
    },
    tornBytes: last('cut-put')?.bytes,
    flippedBit: last('flip-bit')?.bit,
  };
}

/** Counts the call, and says whether it is one that the fault is for. */
function countsNow(entry: ScriptState['faults'][number], operation: StoreOperation, key: string): boolean {
  const { fault } = entry;
  if (operationOf(fault) !== undefined && operationOf(fault) !== operation) {
    return false;
  }
  if (!key.startsWith(fault.keyPrefix ?? '')) {
    return false;
  }
  entry.matches += 1;
  switch (fault.kind) {
    case 'cut':
      return entry.matches > fault.after;
    case 'fail':
      return entry.matches >= fault.nth && entry.matches < fault.nth + (fault.times ?? 1);
    case 'fail-after':
    case 'cut-put':
    case 'flip-bit':
    case 'delay':
      return entry.matches === fault.nth;
    default:
      return unreachable(fault);
  }
}

function operationOf(fault: Fault): StoreOperation | undefined {
  switch (fault.kind) {
    case 'cut-put':
      return 'put';
    case 'flip-bit':
      return 'get';
    default:
      return fault.operation;
  }
}

function raise(fault: { readonly error?: Error } | undefined, operation: StoreOperation, key: string): void {
  if (fault !== undefined) {
    throw fault.error ?? injected(`${operation} of ${key} was made to fail`);
  }
}

function raiseIfCut(state: ScriptState): void {
  if (state.cut) {
    throw new LifeboatError('STORE_UNAVAILABLE', 'the store was cut off by the test', {
      hint: 'Only a scripted fault does this.',
      details: { storeCut: true },
    });
  }
}

function injected(message: string): LifeboatError {
  return new LifeboatError('STORE_UNAVAILABLE', message, {
    hint: 'Only a scripted fault does this.',
    retryable: true,
  });
}

function withFlippedBit(bytes: Buffer, bit: number): Buffer {
  if (bytes.length > 0) {
    const at = (bit >> 3) % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
  }
  return bytes;
}
