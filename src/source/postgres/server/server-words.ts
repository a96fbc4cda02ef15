/**
 * What a recovering server says of itself, in the words of PostgreSQL 13 to 18 with `lc_messages` C: where it began,
 * where it stopped and why. An exit code or an open port prove nothing; these words are what a proof is made of.
 */
import { parseLsn } from '../wal/lsn.ts';

export interface ServerWords {
  readonly consistentAt?: bigint;
  readonly stopped?: StopWords;
  readonly isPaused: boolean;
  /** Connections are let in, to read at least. */
  readonly isOpen: boolean;
  readonly redoDoneAt?: bigint;
  /** Microseconds since 1970: the last transaction that was replayed. Said only when the recovery is over. */
  readonly lastTransactionUs?: number;
  readonly newTimeline?: number;
  readonly isComplete: boolean;
  /** The newest log file that was fetched. */
  readonly restored?: string;
  /** Why it cannot go on. */
  readonly fatal: readonly string[];
  /** Settings that are lower than those of the server that wrote the log. */
  readonly insufficient: Readonly<Record<string, number>>;
}

export type StopWords =
  | {
      readonly kind: 'transaction';
      readonly side: 'before' | 'after';
      readonly ended: 'commit' | 'abort';
      readonly xid: number;
      readonly atUs: number;
    }
  | { readonly kind: 'lsn'; readonly side: 'before' | 'after'; readonly lsn: bigint }
  | { readonly kind: 'name'; readonly name: string; readonly atUs: number }
  | { readonly kind: 'consistency' };

export const noWords: ServerWords = {
  isPaused: false,
  isOpen: false,
  isComplete: false,
  fatal: [],
  insufficient: {},
};

const reasonsMax = 20;
const lsnText = '([0-9A-F]+/[0-9A-F]+)';

interface Phrase {
  readonly pattern: RegExp;
  readonly take: (words: ServerWords, match: readonly string[]) => Partial<ServerWords>;
}

const phrases: readonly Phrase[] = [
  phrase(`consistent recovery state reached at ${lsnText}`, (_, [, lsn]) =>
    found('consistentAt', lsnOf(lsn)),
  ),
  phrase(
    'recovery stopping (before|after) (commit|abort) of (?:prepared )?transaction (\\d+), time (.+)$',
    (_, [, side, ended, xid, time]) => ({
      stopped: {
        kind: 'transaction',
        side: side === 'before' ? 'before' : 'after',
        ended: ended === 'commit' ? 'commit' : 'abort',
        xid: Number(xid),
        atUs: parseServerTime(time ?? '') ?? Number.NaN,
      },
    }),
  ),
  phrase(`recovery stopping (before|after) WAL location \\(LSN\\) "${lsnText}"`, (_, [, side, lsn]) => ({
    stopped: { kind: 'lsn', side: side === 'before' ? 'before' : 'after', lsn: lsnOf(lsn) ?? 0n },
  })),
  phrase('recovery stopping at restore point "(.*)", time (.+)$', (_, [, name, time]) => ({
    stopped: { kind: 'name', name: name ?? '', atUs: parseServerTime(time ?? '') ?? Number.NaN },
  })),
  phrase('recovery stopping after reaching consistency', () => ({ stopped: { kind: 'consistency' } })),
  phrase('pausing at the end of recovery', () => ({ isPaused: true })),
  phrase('database system is ready to accept', () => ({ isOpen: true })),
  phrase(`redo done at ${lsnText}`, (_, [, lsn]) => found('redoDoneAt', lsnOf(lsn))),
  phrase('last completed transaction was at log time (.+)$', (_, [, time]) =>
    found('lastTransactionUs', parseServerTime(time ?? '')),
  ),
  phrase('selected new timeline ID: (\\d+)', (_, [, id]) => ({ newTimeline: Number(id) })),
  phrase('archive recovery complete', () => ({ isComplete: true })),
  phrase('restored log file "([^"]+)" from archive', (_, [, name]) => found('restored', name)),
  phrase(
    '(max_\\w+) = \\d+ is a lower setting than on the primary server, where its value was (\\d+)',
    (words, [, name, value]) => ({
      insufficient: { ...words.insufficient, [name ?? '']: Number(value) },
    }),
  ),
  phrase('(?:FATAL|PANIC): +(?! |the database system is |terminating )(.*)$', (words, [, reason]) => ({
    fatal: limited(words.fatal, reason),
  })),
];

/** Takes in one line of the server's log. */
export function hear(words: ServerWords, line: string): ServerWords {
  let known = words;
  for (const { pattern, take } of phrases) {
    const match = pattern.exec(line);
    if (match !== null) known = { ...known, ...take(known, match) };
  }
  return known;
}

/** `2026-11-22 05:06:01.123456+00`, or with UTC at its end. Microseconds since 1970. */
export function parseServerTime(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00| UTC| GMT)$/.exec(text.trim());
  if (match === null) return undefined;
  return Date.parse(`${match[1]}T${match[2]}Z`) * 1000 + Number((match[3] ?? '').padEnd(6, '0'));
}

function phrase(pattern: string, take: Phrase['take']): Phrase {
  return { pattern: new RegExp(pattern), take };
}

function lsnOf(text: string | undefined): bigint | undefined {
  return parseLsn(text ?? '');
}

function found<Key extends keyof ServerWords>(
  key: Key,
  value: ServerWords[Key] | undefined,
): Partial<ServerWords> {
  return value === undefined ? {} : { [key]: value };
}

function limited(list: readonly string[], one: string | undefined): readonly string[] {
  return one === undefined || list.length >= reasonsMax ? list : [...list, one];
}
