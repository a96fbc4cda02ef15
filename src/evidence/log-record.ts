/** Records of what happened to the log of a database on its way into the vaults. */
import type { RecordCommon } from './record-common.ts';
import { type JsonObject, number, oneOf, optional, text } from './record-fields.ts';

/** `docs/formats/evidence.md` says what each of them means. */
export const logEvents = [
  'gap',
  'lost',
  'diverged',
  'conflict',
  'branch',
  'degraded',
  'protected',
  'lagging',
  'caught-up',
  'finding',
  'trimmed',
] as const;

/** Written into every vault that takes it: `of` names the one that it is about, where it is about one. */
export interface LogRecord extends RecordCommon {
  readonly type: 'log';
  readonly event: (typeof logEvents)[number];
  readonly incarnation?: string;
  readonly branch?: string;
  /** 16 hex digits each: where it happened, or the bytes that it is about. */
  readonly fromPosition?: string;
  readonly toPosition?: string;
  /** The branch that follows. */
  readonly nextBranch?: string;
  /** The vault's name in the plan. */
  readonly of?: string;
  /** How late, how long commits had waited, or how long they had not. */
  readonly ms?: number;
  readonly message?: string;
}

export function parseLogRecord(from: JsonObject): Omit<LogRecord, keyof RecordCommon | 'type'> {
  return {
    event: oneOf(from, 'event', logEvents),
    ...optional(from, 'incarnation', text),
    ...optional(from, 'branch', text),
    ...optional(from, 'fromPosition', text),
    ...optional(from, 'toPosition', text),
    ...optional(from, 'nextBranch', text),
    ...optional(from, 'of', text),
    ...optional(from, 'ms', number),
    ...optional(from, 'message', text),
  };
}
