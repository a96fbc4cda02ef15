/** Answers of a server with the names of their columns. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { PostgresConnection } from './connection.ts';

export type NamedRow = Readonly<Record<string, string | null>>;

export async function namedRows(
  connection: PostgresConnection,
  sql: string,
  signal?: AbortSignal,
): Promise<readonly NamedRow[]> {
  const { columns, rows } = await connection.query(sql, signal);
  return rows.map((row) =>
    Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null] as const)),
  );
}

/** The only row. Raises SOURCE_INVALID for none or several. */
export async function oneRow(
  connection: PostgresConnection,
  sql: string,
  signal?: AbortSignal,
): Promise<NamedRow> {
  const [row, second] = await namedRows(connection, sql, signal);
  if (row !== undefined && second === undefined) return row;
  throw notOne(sql);
}

/** The only column of the only row. Raises SOURCE_INVALID for anything else. */
export async function oneValue(
  connection: PostgresConnection,
  sql: string,
  signal?: AbortSignal,
): Promise<string | null> {
  const [value, second] = Object.values(await oneRow(connection, sql, signal));
  if (value !== undefined && second === undefined) return value;
  throw notOne(sql);
}

function notOne(sql: string): LifeboatError {
  return new LifeboatError('SOURCE_INVALID', `the query does not give one value: ${sql}`, {
    hint: 'Write a query with one column and one row, such as "select count(*) from orders".',
  });
}
