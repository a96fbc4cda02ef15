/** What Debian's `pg_waldump` reads from the log of a server of 15: an oracle that shares no code with our reader. */
import path from 'node:path';
import { formatLsn, parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import type { PostgresServer } from './postgres-server.ts';

export interface DumpedRecord {
  readonly timeline: number;
  readonly lsn: bigint;
  /** Of the transaction that ended; of a prepared one its own, not that of who committed it. */
  readonly xid: number;
  readonly ended: 'commit' | 'abort' | undefined;
  /** Microseconds since 1970; of ends of transactions. */
  readonly atUs: number | undefined;
  /** Of a restore point. */
  readonly name: string | undefined;
}

/** The records of a timeline that begin at `start` or behind it, before `end`. */
export async function dumpLog(
  server: PostgresServer,
  timeline: number,
  start: bigint,
  end: bigint,
): Promise<readonly DumpedRecord[]> {
  const folder = path.join(server.data, 'pg_wal');
  const from = ['-t', String(timeline), '-s', formatLsn(start)];
  const run = await server.run('pg_waldump', '-p', folder, ...from, '-e', formatLsn(end));
  return run.stdout.split('\n').flatMap((line) => recordOf(line, timeline, end) ?? []);
}

const form = /^rmgr: (\S+).*? tx:\s+(\d+), lsn: ([0-9A-F/]+), prev [0-9A-F/]+, desc: (.*)$/;
const ends = /^(COMMIT|ABORT)(_PREPARED)? (?:(\d+): )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) UTC/;

function recordOf(line: string, timeline: number, before: bigint): DumpedRecord | undefined {
  const [, manager, xid, at, text = ''] = form.exec(line) ?? [];
  const lsn = parseLsn(at ?? '');
  if (lsn === undefined || lsn >= before) return undefined;
  const [, how, , prepared, time] = manager === 'Transaction' ? (ends.exec(text) ?? []) : [];
  return {
    ...{ timeline, lsn, xid: Number(prepared ?? xid) },
    ended: how === 'COMMIT' ? 'commit' : how === 'ABORT' ? 'abort' : undefined,
    atUs: time === undefined ? undefined : microseconds(time),
    name: manager === 'XLOG' ? /^RESTORE_POINT (.*)$/.exec(text)?.[1] : undefined,
  };
}

function microseconds(text: string): number {
  const [seconds = '', fraction = ''] = text.replace(' ', 'T').split('.');
  return Date.parse(`${seconds}Z`) * 1000 + Number(fraction.padEnd(6, '0'));
}
