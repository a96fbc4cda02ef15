/** Figures of the cluster at the end of a backup, for comparison after a restore. */
import { holdSnapshot } from '../logical/held-snapshot.ts';
import type { PostgresAddress } from '../wire/address.ts';

export interface ValuesWanted {
  readonly countTables: readonly string[];
  readonly queries: Readonly<Record<string, string>>;
}

export type Values = Readonly<Record<string, number | string>>;

/**
 * In one transaction: `rows:<table>`, `query:<name>`, `extensions:<database>`, `bytes:<database>`, `lsn`, where the
 * log stood, `superuser`, who may do all in a copy, and `database`, whose tables were asked. Raises SOURCE_MISSING for a table that is not there, SOURCE_INVALID for a query that is none.
 */
export async function measureValues(
  address: PostgresAddress,
  { countTables, queries }: ValuesWanted,
  signal?: AbortSignal,
): Promise<Values> {
  await using held = await holdSnapshot(address, signal);
  const lsn = await held.value(lsnSql, signal);
  const superuser = await held.value(superuserSql, signal);
  const values: Record<string, number | string> = {
    [`extensions:${held.database}`]: held.facts.extensions.join(', '),
    [`bytes:${held.database}`]: held.facts.bytes,
    ...{ lsn: lsn ?? '', database: held.database, superuser: superuser ?? '' },
  };
  for (const table of countTables) values[`rows:${table}`] = (await held.count(table, signal)).rows;
  for (const [name, sql] of Object.entries(queries)) {
    const value = await held.value(sql, signal);
    values[`query:${name}`] = value ?? '';
  }
  return values;
}

const lsnSql = `SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
  ELSE pg_catalog.pg_current_wal_insert_lsn() END`;

/** Of the cluster from its beginning; the role cannot be dropped. */
const superuserSql = 'SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10';
