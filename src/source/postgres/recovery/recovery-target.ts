/**
 * Where a recovery shall end, and how a person writes it:
 *
 *   end                        everything there is
 *   consistent                 as soon as the base backup is consistent
 *   2026-11-20 02:44:07.123    the last state that was committed by then
 *   time:… · before-time:…     the same · without what was committed at exactly that microsecond
 *   lsn:0/3000028              the first record that begins there or later is the last one · before-lsn:…
 *   xid:740 · before-xid:740   with, or without, the transaction
 *   name:before the release    a point that pg_create_restore_point named
 */
import { parseMoment } from '../../../recovery-point/parse-moment.ts';
import { formatLsn, parseLsn } from '../wal/lsn.ts';

export type RecoveryTarget =
  | { readonly kind: 'end' }
  | { readonly kind: 'consistent' }
  /** Microseconds since 1970. */
  | { readonly kind: 'time'; readonly atUs: number; readonly inclusive: boolean }
  | { readonly kind: 'lsn'; readonly lsn: bigint; readonly inclusive: boolean }
  | { readonly kind: 'xid'; readonly xid: number; readonly inclusive: boolean }
  | { readonly kind: 'name'; readonly name: string };

export type TargetResult =
  | { readonly ok: true; readonly target: RecoveryTarget }
  | { readonly ok: false; readonly message: string };

/** What pg_create_restore_point allows. */
const nameBytesMax = 63;
const xidMax = 2 ** 32 - 1;
/** 0 to 2 are the server's own. */
const xidMin = 3;

/** Times without an offset are read in the zone. */
export function parseRecoveryTarget(text: string, timeZone: string): TargetResult {
  const trimmed = text.trim();
  if (trimmed === 'end') return good({ kind: 'end' });
  if (trimmed === 'consistent') return good({ kind: 'consistent' });
  if (parseLsn(trimmed) !== undefined) return parseLsnTarget(trimmed, true);
  const [, before, word, value = ''] = /^(before-)?(time|lsn|xid|name):(.*)$/s.exec(trimmed) ?? [];
  const inclusive = before === undefined;
  switch (word) {
    case 'time':
      return parseTimeTarget(value.trim(), timeZone, inclusive);
    case 'lsn':
      return parseLsnTarget(value.trim(), inclusive);
    case 'xid':
      return parseXidTarget(value.trim(), inclusive);
    case 'name':
      return parseNameTarget(value, inclusive);
    default:
      return parseTimeTarget(trimmed, timeZone, true);
  }
}

function parseLsnTarget(text: string, inclusive: boolean): TargetResult {
  const lsn = parseLsn(text);
  return lsn === undefined ? bad(`"${text}" is not an LSN`) : good({ kind: 'lsn', lsn, inclusive });
}

function parseXidTarget(text: string, inclusive: boolean): TargetResult {
  const xid = Number(text);
  const isXid = /^\d+$/.test(text) && xid >= xidMin && xid <= xidMax;
  return isXid ? good({ kind: 'xid', xid, inclusive }) : bad(`"${text}" is not the number of a transaction`);
}

function parseNameTarget(name: string, inclusive: boolean): TargetResult {
  if (!inclusive) return bad('a named point has nothing before it: it changes no data');
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || bytes > nameBytesMax) return bad(`a named point has 1 to ${nameBytesMax} bytes`);
  return good({ kind: 'name', name });
}

/** The server counts microseconds; people's moments are read to the second. */
function parseTimeTarget(text: string, timeZone: string, inclusive: boolean): TargetResult {
  const fraction = /(?<=:\d\d)\.(\d{1,6})(?!\d)/.exec(text);
  const moment = parseMoment(text.replace(fraction?.[0] ?? '', ''), timeZone);
  if (!moment.ok) return bad(moment.message);
  const microseconds = Number((fraction?.[1] ?? '').padEnd(6, '0'));
  return good({ kind: 'time', atUs: moment.atMs * 1000 + microseconds, inclusive });
}

/** As `parseRecoveryTarget` reads it. */
export function describeTarget(target: RecoveryTarget): string {
  switch (target.kind) {
    case 'end':
    case 'consistent':
      return target.kind;
    case 'time':
      return `${target.inclusive ? '' : 'before-'}time:${formatMoment(target.atUs)}`;
    case 'lsn':
      return `${target.inclusive ? '' : 'before-'}lsn:${formatLsn(target.lsn)}`;
    case 'xid':
      return `${target.inclusive ? '' : 'before-'}xid:${target.xid}`;
    case 'name':
      return `name:${target.name}`;
    default:
      return target satisfies never;
  }
}

/** `2026-11-20 02:44:07.123456+00:00`, as the server reads and writes it in UTC. */
export function formatMoment(atUs: number): string {
  const seconds = Math.floor(atUs / 1_000_000);
  const text = new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return `${text}.${String(atUs - seconds * 1_000_000).padStart(6, '0')}+00:00`;
}

function good(target: RecoveryTarget): TargetResult {
  return { ok: true, target };
}

function bad(message: string): TargetResult {
  return { ok: false, message };
}
