/** What all records share. */

export type RecordVerdict = 'pass' | 'fail' | 'inconclusive' | 'incomplete';

export interface RecordCommon extends RecordTimes {
  /** Unique among all records; proofs refer to it. */
  readonly id: string;
  readonly runId: string;
  /** The id in the vault's `vault.json`. */
  readonly vault: string;
  readonly host: string;
  readonly programVersion: string;
  readonly verdict: RecordVerdict;
  readonly system?: string;
  readonly systemHash?: string;
  readonly planId?: string;
  readonly planHash?: string;
  /** Redacted before it comes here. */
  readonly error?: RecordError;
}

export interface RecordTimes {
  /** RFC 3339 in UTC with milliseconds, for people. */
  readonly start: string;
  readonly end: string;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
}

export interface RecordError {
  readonly code: string;
  readonly message: string;
}

/** Both forms of the two times of a record. */
export function recordTimes(startMs: number, endMs: number): RecordTimes {
  return {
    start: new Date(startMs).toISOString(),
    end: new Date(endMs).toISOString(),
    startMs,
    endMs,
  };
}
