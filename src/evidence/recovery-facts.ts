/** What a replay of a database's log on a restored copy came to. */
import { type JsonObject, number, objectOf, optional, text } from './record-fields.ts';

export interface RecoveryFacts {
  /** What was asked for, as the engine's own grammar writes it: `before-xid:740`. */
  readonly target: string;
  /** The line of history that was followed: `timeline 2`. */
  readonly branch: string;
  /** The position behind the last record that was replayed: `0/3000028`. */
  readonly replayedTo: string;
  /** When the last transaction that was replayed had ended, by the clock of the original. */
  readonly lastTransactionAtMs?: number;
  /** The engine's own words on where it stopped. */
  readonly proof: string;
  /** Bytes of the log that were fetched. */
  readonly logBytes: number;
  readonly layOutMs: number;
  readonly replayMs: number;
  readonly openMs: number;
}

export function parseRecoveryFacts(from: JsonObject, name: string): RecoveryFacts {
  const facts = objectOf(from[name], name);
  return {
    target: text(facts, 'target'),
    branch: text(facts, 'branch'),
    replayedTo: text(facts, 'replayedTo'),
    ...optional(facts, 'lastTransactionAtMs', number),
    proof: text(facts, 'proof'),
    logBytes: number(facts, 'logBytes'),
    layOutMs: number(facts, 'layOutMs'),
    replayMs: number(facts, 'replayMs'),
    openMs: number(facts, 'openMs'),
  };
}
