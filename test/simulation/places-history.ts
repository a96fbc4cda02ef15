/** Work of many kinds on a server, with what each transaction did to the rows: for recoveries to any place of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectPostgres, type PostgresConnection } from '../../src/source/postgres/wire/connection.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

export interface Work {
  readonly random: SeededRandom;
  /** What commits do to the rows, by `effectKey`. Those that are not named do nothing. */
  readonly effects: Map<string, Effect>;
  /** Subtransactions that wrote something. */
  readonly parts: number[];
  /** Of the server at work. */
  timeline: number;
  readonly names: string[];
  lastRow: number;
}

export interface Effect {
  readonly added: readonly number[];
  readonly removed: readonly number[];
}

/** Two branches give the same numbers to their transactions. */
export function effectKey(timeline: number, xid: number): string {
  return `${timeline}/${xid}`;
}

type Act = (work: Work, on: Session) => Promise<void>;

interface Session {
  readonly server: PostgresServer;
  readonly first: PostgresConnection;
  readonly second: PostgresConnection;
}

const acts: readonly Act[] = [
  ...[simple, simple, beforeMilliseconds, longOne, withParts, prepared, preparedAndUndone],
  ...[undone, burst, mistake, namedPoint, filling, newSegment, checkpoint, notWaiting],
];

export function addressOf({ host, port, user }: PostgresServer) {
  return { host, port, user, database: 'postgres', tls: false, timeoutMs: 10_000 } as const;
}

/** Every kind once, in an order of the seed. */
export async function workOn(server: PostgresServer, work: Work): Promise<void> {
  await using first = await connectPostgres(addressOf(server), { applicationName: 'first' });
  await using second = await connectPostgres(addressOf(server), { applicationName: 'second' });
  const left = [...acts];
  while (left.length > 0) {
    const [act = simple] = left.splice(work.random.below(left.length), 1);
    await act(work, { server, first, second });
    await sleep(work.random.below(4));
  }
}

function note({ effects, timeline }: Work, xid: number, effect: Effect): void {
  effects.set(effectKey(timeline, xid), effect);
}

async function simple(work: Work, { first }: Session): Promise<void> {
  await insertOn(first, work, 1 + work.random.below(3));
}

async function insertOn(connection: PostgresConnection, work: Work, count: number): Promise<number> {
  const added = newRows(work, count);
  const xid = await insert(connection, added);
  note(work, xid, { added, removed: [] });
  return xid;
}

/** The transaction is the one it is in, or one of its own. */
async function insert(connection: PostgresConnection, rows: readonly number[]): Promise<number> {
  const list = rows.map((row) => `(${row})`).join(', ');
  const { rows: answer } = await connection.query(
    `with new as (insert into t values ${list} returning 1) select pg_current_xact_id() from new limit 1`,
  );
  return Number(answer[0]?.[0]);
}

function newRows(work: Work, count: number): readonly number[] {
  return Array.from({ length: count }, () => ++work.lastRow);
}

/** Several ends within one millisecond. */
async function beforeMilliseconds(work: Work, { server }: Session): Promise<void> {
  const ids = newRows(work, 8);
  const each = ids.map(
    (id) => `with new as (insert into t values (${id}) returning 1) select pg_current_xact_id() from new;`,
  );
  const answers = await server.query(each.join('\n'));
  const xids = answers
    .flat()
    .flatMap((cell) => cell.split('\n'))
    .map(Number);
  for (const [index, id] of ids.entries()) note(work, xids[index] ?? 0, { added: [id], removed: [] });
}

/** Others begin and end within it. */
async function longOne(work: Work, { first, second }: Session): Promise<void> {
  await second.query('begin');
  const added = [...newRows(work, 2)];
  const xid = await insert(second, added);
  for (let count = 0; count < 3; count++) await insertOn(first, work, 1);
  const late = newRows(work, 1);
  await insert(second, late);
  await second.query('commit');
  note(work, xid, { added: [...added, ...late], removed: [] });
}

async function withParts(work: Work, { first, second }: Session): Promise<void> {
  const [own, kept, lost] = [newRows(work, 1), newRows(work, 1), newRows(work, 1)];
  await second.query('begin');
  const xid = await insert(second, own);
  await second.query('savepoint kept');
  await insert(second, kept);
  const part = await second.query(`select xmin from t where id = ${kept[0]}`);
  work.parts.push(Number(part.rows[0]?.[0]));
  await second.query('release kept');
  await second.query('savepoint lost');
  await insert(second, lost);
  await second.query('rollback to lost');
  await insertOn(first, work, 1);
  await second.query('commit');
  note(work, xid, { added: [...own, ...kept], removed: [] });
}

async function prepared(work: Work, session: Session): Promise<void> {
  const { xid, added } = await prepare(work, session);
  await session.first.query(`commit prepared 'work ${xid}'`);
  note(work, xid, { added, removed: [] });
}

async function preparedAndUndone(work: Work, session: Session): Promise<void> {
  const { xid } = await prepare(work, session);
  await session.first.query(`rollback prepared 'work ${xid}'`);
}

async function prepare(
  work: Work,
  { first, second }: Session,
): Promise<{ readonly xid: number; readonly added: readonly number[] }> {
  const added = newRows(work, 2);
  await second.query('begin');
  const xid = await insert(second, added);
  await second.query(`prepare transaction 'work ${xid}'`);
  await insertOn(first, work, 1);
  return { xid, added };
}

async function undone(work: Work, { first }: Session): Promise<void> {
  await first.query('begin');
  await insert(first, newRows(work, 2));
  await first.query('rollback');
}

/** Many at once: their times may come in another order than their ends. */
async function burst(work: Work, { server }: Session): Promise<void> {
  const writers = Array.from({ length: 5 }, async () => {
    await using connection = await connectPostgres(addressOf(server), { applicationName: 'burst' });
    for (let count = 0; count < 4; count++) await insertOn(connection, work, 1);
  });
  await Promise.all(writers);
}

async function mistake(work: Work, { first }: Session): Promise<void> {
  const { rows } = await first.query('select id from t order by id desc limit 3 offset 2');
  const removed = rows.map(([id]) => Number(id));
  if (removed.length === 0) return;
  await first.query('begin');
  await first.query(`delete from t where id in (${removed.join(', ')})`);
  const { rows: answer } = await first.query('select pg_current_xact_id()');
  await first.query('commit');
  note(work, Number(answer[0]?.[0]), { added: [], removed });
}

async function namedPoint(work: Work, { first }: Session): Promise<void> {
  const name = work.names.length % 4 === 3 ? (work.names[0] ?? '') : `point ${work.names.length}`;
  await first.query(`select pg_create_restore_point('${name}')`);
  work.names.push(name);
}

async function filling(_work: Work, { first }: Session): Promise<void> {
  await first.query('insert into filler select repeat(md5(g::text), 30) from generate_series(1, 1500) g');
}

async function newSegment(work: Work, session: Session): Promise<void> {
  await session.first.query('select pg_switch_wal()');
  await simple(work, session);
}

async function checkpoint(_work: Work, { first }: Session): Promise<void> {
  await first.query('checkpoint');
}

async function notWaiting(work: Work, { second }: Session): Promise<void> {
  await second.query('set synchronous_commit = off');
  await insertOn(second, work, 2);
  await second.query('set synchronous_commit = on');
}
