/** Checks what came back in place, each fact against what was there before; the first that is wrong is raised. */
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { plural } from '../quantity-text.ts';
import { uploadSums } from './shop-uploads.ts';

const busyMsMax = 5_000;

export interface DatabaseFacts {
  readonly tables: number;
  readonly rows: number;
  /** When the newest canary was written: milliseconds since the epoch. */
  readonly canaryMs: number;
  /** Confirmed to a customer, and not in the database. */
  readonly lostOrders: number;
}

export interface ExpectedDatabase {
  /** By table, as the recovery point's record has them. */
  readonly rows: ReadonlyMap<string, number>;
  /** Numbers of orders, in the order in which they were confirmed. */
  readonly confirmed: readonly string[];
  /** So many of them were confirmed before the backup began: not one may be missing. */
  readonly confirmedBeforeBackup: number;
}

/** Raises VERIFICATION_FAILED. */
export function checkDatabase(path: string, expected: ExpectedDatabase): DatabaseFacts {
  using database = new DatabaseSync(path, { readOnly: true, timeout: busyMsMax });
  const integrity = database.prepare('PRAGMA integrity_check(1)').all()[0]?.['integrity_check'];
  require(integrity === 'ok', `the recovered database fails its integrity check: ${String(integrity)}`);
  const orphans = database.prepare('PRAGMA foreign_key_check').all().length;
  require(orphans === 0, `${plural(orphans, 'row')} of the recovered database point nowhere`);
  require(expected.rows.size > 0, 'the recovery point does not say how many rows it has');
  const found = [...expected.rows].map(([table, rows]) => checkTable(database, table, rows));
  const has = database.prepare('SELECT 1 FROM orders WHERE number = ?');
  const lost = expected.confirmed.filter((number) => has.get(number) === undefined);
  const early = new Set(expected.confirmed.slice(0, expected.confirmedBeforeBackup));
  const wrongly = lost.filter((number) => early.has(number)).length;
  require(wrongly === 0, `${plural(wrongly, 'order')} from before the backup did not come back`);
  return {
    tables: found.length,
    rows: found.reduce((sum, rows) => sum + rows, 0),
    canaryMs: canaryOf(database),
    lostOrders: lost.length,
  };
}

/** How many files are as they were. Raises VERIFICATION_FAILED. */
export function checkUploads(folder: string, expected: ReadonlyMap<string, string>): number {
  const found = uploadSums(folder);
  const wrong = [...expected].filter(([path, sum]) => found.get(path) !== sum);
  require(wrong.length ===
    0, `${plural(wrong.length, 'upload')} did not come back, such as ${wrong[0]?.[0]}`);
  const extra = found.size - expected.size;
  require(extra === 0, `${plural(extra, 'upload')} came back that were not there before`);
  return found.size;
}

/** Numbers of all orders that were confirmed to customers. */
export function confirmedOrders(file: string): readonly string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

function checkTable(database: DatabaseSync, table: string, expected: number): number {
  const rows = Number(database.prepare(`SELECT count(*) AS rows FROM "${table}"`).get()?.['rows']);
  require(rows === expected, `the table ${table} has ${rows} rows, captured were ${expected}`);
  return rows;
}

function canaryOf(database: DatabaseSync): number {
  const row = database.prepare('SELECT max(time_ms) AS time FROM lifeboat_canary').get();
  const time = row?.['time'];
  require(typeof time === 'number', 'the recovered database has no canary');
  return Number(time);
}

function require(condition: boolean, otherwise: string): void {
  if (condition) return;
  throw new LifeboatError('VERIFICATION_FAILED', otherwise, {
    hint: 'This recovery is not good; the state before it is in the safety copy. Please report what was printed.',
  });
}
