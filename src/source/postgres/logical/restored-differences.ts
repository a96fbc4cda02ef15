/** Counts the rows of a restored database and says where they are others than were dumped. */
import type { PostgresAddress } from '../wire/address.ts';
import { connectPostgres, type PostgresConnection } from '../wire/connection.ts';
import { namedRows, oneValue } from '../wire/read-rows.ts';

const toldMax = 10;

/** `wanted` is rows by table, names as they are: `sales.Order lines`. */
export async function restoredDifferences(
  address: PostgresAddress,
  wanted: readonly (readonly [string, number])[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  await using connection = await connectPostgres(address, { applicationName: 'lifeboat', signal });
  const tables = await quotedTables(connection, signal);
  const differences: string[] = [];
  for (const [table, rows] of wanted) {
    const quoted = tables.get(table);
    const found =
      quoted === undefined
        ? undefined
        : await oneValue(connection, `SELECT count(*) FROM ONLY ${quoted}`, signal);
    if (found === String(rows)) continue;
    differences.push(`${table} has ${found === undefined ? 'gone' : `${found} rows`}, ${rows} were dumped`);
  }
  const more = differences.length - toldMax;
  return more > 0 ? [...differences.slice(0, toldMax), `and ${more} more`] : differences;
}

async function quotedTables(
  connection: PostgresConnection,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const rows = await namedRows(
    connection,
    `SELECT n.nspname || '.' || c.relname AS name, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'`,
    signal,
  );
  return new Map(rows.map(({ name, quoted }) => [name ?? '', quoted ?? '']));
}
