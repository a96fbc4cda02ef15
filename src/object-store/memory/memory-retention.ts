import type { ObjectRetention, RetentionState } from '../abilities.ts';
import { findObject, type MemoryState, retainedUntilMs } from './memory-state.ts';

/** Dates and holds of the current version of a key; earlier versions keep what they had. */
export function memoryRetention(
  state: MemoryState,
  mode: NonNullable<RetentionState['mode']>,
): ObjectRetention {
  return {
    async retain(key, untilMs, signal): Promise<void> {
      const version = findObject(state, key, signal);
      version.untilMs = Math.max(version.untilMs ?? 0, untilMs);
    },
    async retentionOf(key, signal): Promise<RetentionState> {
      const version = findObject(state, key, signal);
      const untilMs = retainedUntilMs(state, version);
      return { ...(untilMs === undefined ? {} : { untilMs, mode }), legalHold: version.legalHold };
    },
    async setLegalHold(key, held, signal): Promise<void> {
      findObject(state, key, signal).legalHold = held;
    },
  };
}
