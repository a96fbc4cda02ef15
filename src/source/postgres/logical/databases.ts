/** Which databases a dump is of. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { PostgresAddress } from '../wire/address.ts';
import { connectPostgres, type ServerVersion } from '../wire/connection.ts';
import { namedRows } from '../wire/read-rows.ts';

export interface ServerFacts {
  readonly version: ServerVersion;
  /** Those to be dumped, sorted. */
  readonly databases: readonly string[];
  /** The hashes of passwords may be read. */
  readonly readsPasswords: boolean;
  /** Databases that are to be dumped and may not be connected to. */
  readonly closed: readonly string[];
}

/** Raises SOURCE_MISSING for a database that is wanted by name and not there. */
export async function readServer(
  address: PostgresAddress,
  wanted: 'all' | readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<ServerFacts> {
  await using connection = await connectPostgres(address, { applicationName: 'lifeboat', signal });
  const rows = await namedRows(
    connection,
    `SELECT datname AS name, pg_catalog.has_database_privilege(oid, 'CONNECT') AS open,
       pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS passwords
     FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname`,
    signal,
  );
  const all = rows.map(({ name }) => name ?? '');
  const databases = wanted === 'all' ? all : (wanted ?? [address.database]);
  const [lost] = databases.filter((name) => !all.includes(name));
  if (lost !== undefined) {
    throw new LifeboatError('SOURCE_MISSING', `the server has no database ${lost}`, {
      hint: `Correct the name in the plan; there are ${all.join(', ')}.`,
      details: { database: lost },
    });
  }
  return {
    version: connection.version,
    databases,
    readsPasswords: rows[0]?.['passwords'] === 't',
    closed: rows.flatMap(({ name, open }) =>
      open === 't' || !databases.includes(name ?? '') ? [] : [name ?? ''],
    ),
  };
}
