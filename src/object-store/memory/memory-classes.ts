import { assert } from '../../error/assert.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ArchiveThaw, StorageClasses, ThawSpeed, ThawState } from '../abilities.ts';
import { assertKey } from '../key.ts';
import { objectCold } from '../object-errors.ts';
import { findObject, type MemoryState, type MemoryVersion, putObject } from './memory-state.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export const usualClass = 'STANDARD';

/** S3's classes; those with times are cold, and the times are S3's upper ones for a thaw. */
const thawMsByClass: Readonly<Record<string, Readonly<Partial<Record<ThawSpeed, number>>>>> = {
  [usualClass]: {},
  STANDARD_IA: {},
  GLACIER_IR: {},
  GLACIER: { expedited: 5 * minuteMs, standard: 5 * hourMs, bulk: 12 * hourMs },
  DEEP_ARCHIVE: { standard: 12 * hourMs, bulk: 48 * hourMs },
};

export const memoryClasses: readonly string[] = Object.keys(thawMsByClass);

/** `isCreateOnly`: whether the store has that ability. */
export function memoryStorageClasses(state: MemoryState, isCreateOnly: boolean): StorageClasses {
  const put = async (storageClass: string, key: string, bytes: Uint8Array, signal?: AbortSignal) => {
    assertKey(key);
    assertClass(storageClass);
    signal?.throwIfAborted();
    putObject(state, key, bytes, storageClass);
  };
  return {
    putInto: put,
    ...(isCreateOnly && {
      async createInto(storageClass, key, bytes, signal) {
        if (state.objects.has(key)) return 'exists';
        await put(storageClass, key, bytes, signal);
        return 'created';
      },
    }),
    async classOf(key, signal): Promise<string> {
      return findObject(state, key, signal).storageClass;
    },
    async moveTo(storageClass, key, signal): Promise<void> {
      assertClass(storageClass);
      const version = findObject(state, key, signal);
      // a move is a copy onto itself, so what cannot be read cannot be moved
      checkWarm(state, key, version);
      if (version.storageClass !== storageClass) putObject(state, key, version.bytes, storageClass);
    },
  };
}

/** A thaw makes a readable copy for some days; the object itself stays in its class. */
export function memoryThaw(state: MemoryState): ArchiveThaw {
  return {
    async stateOf(key, signal): Promise<ThawState> {
      return thawStateOf(state, findObject(state, key, signal));
    },
    async thaw(key, speed, days, signal): Promise<void> {
      assert(Number.isInteger(days) && days >= 1, 'a thaw is for whole days');
      const version = findObject(state, key, signal);
      const { kind, untilMs } = { untilMs: undefined, ...thawStateOf(state, version) };
      const nowMs = state.nowMs();
      if (kind === 'cold') {
        const readyAtMs = nowMs + thawMs(version.storageClass, speed);
        version.thaw = { readyAtMs, coldAtMs: readyAtMs + days * dayMs };
      } else if (untilMs !== undefined) {
        version.thaw = { readyAtMs: nowMs, coldAtMs: nowMs + days * dayMs };
      }
    },
    usualMs: (storageClass, speed) => thawMsByClass[storageClass]?.[speed],
  };
}

/** @throws OBJECT_COLD */
export function checkWarm(state: MemoryState, key: string, version: MemoryVersion): void {
  if (thawStateOf(state, version).kind !== 'ready') throw objectCold(key, state.location);
}

function thawStateOf(state: MemoryState, { storageClass, thaw }: MemoryVersion): ThawState {
  if (!isCold(storageClass)) return { kind: 'ready' };
  const nowMs = state.nowMs();
  if (thaw === undefined || nowMs >= thaw.coldAtMs) return { kind: 'cold' };
  return nowMs < thaw.readyAtMs ? { kind: 'thawing' } : { kind: 'ready', untilMs: thaw.coldAtMs };
}

/** For a list. */
export function warmthOf({ storageClass }: Pick<MemoryVersion, 'storageClass'>): { readonly isWarm?: true } {
  return isCold(storageClass) ? {} : { isWarm: true };
}

function isCold(storageClass: string): boolean {
  return Object.keys(thawMsByClass[storageClass] ?? {}).length > 0;
}

function thawMs(storageClass: string, speed: ThawSpeed): number {
  const ms = thawMsByClass[storageClass]?.[speed];
  if (ms !== undefined) return ms;
  throw new LifeboatError('STORE_UNFIT', `${storageClass} has no thaw of the speed "${speed}"`, {
    hint: 'Choose another speed.',
  });
}

function assertClass(storageClass: string): void {
  assert(memoryClasses.includes(storageClass), `${storageClass} is a storage class of the store`);
}
