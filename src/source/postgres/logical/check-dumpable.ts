/** What must be so before a server can be dumped, each finding with what mends it. */
import fs from 'node:fs/promises';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { SourceFinding } from '../../source.ts';
import type { PostgresAddress } from '../wire/address.ts';
import { connectPostgres } from '../wire/connection.ts';
import { namedRows, oneValue } from '../wire/read-rows.ts';
import { quoteName } from '../wire/sql-text.ts';
import { findClientPrograms } from './client-programs.ts';
import { readServer } from './databases.ts';
import type { LogicalSourceOptions } from './logical-settings.ts';

export async function checkDumpable(
  options: LogicalSourceOptions,
  signal?: AbortSignal,
): Promise<readonly SourceFinding[]> {
  try {
    return await look(options, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof LifeboatError)) throw error;
    if (error.code === 'ASSERTION' || error.code === 'INTERNAL') throw error;
    return [finding('error', error.message, error.hint ?? 'Look into the log of the server.')];
  }
}

async function look(options: LogicalSourceOptions, signal?: AbortSignal): Promise<readonly SourceFinding[]> {
  const { address, databases, programsFolder, workFolder } = options;
  const server = await readServer(address, databases, signal);
  const where = programsFolder === undefined ? {} : { folder: programsFolder };
  await findClientPrograms(server.version.major, { ...where, signal });
  const findings: SourceFinding[] = server.closed.map((name) =>
    finding(
      'error',
      `the role ${address.user} may not connect to the database ${name}`,
      `Let it in: GRANT CONNECT ON DATABASE ${quoteName(name)} TO ${quoteName(address.user)};`,
    ),
  );
  if (!server.readsPasswords) {
    findings.push(
      finding(
        'warning',
        'the passwords of roles cannot be read, so that the dump brings the roles back without them',
        'Keep them elsewhere, or dump as a superuser where there is one.',
      ),
    );
  }
  const open = server.databases.filter((name) => !server.closed.includes(name));
  let largest = 0;
  for (const database of open) {
    const facts = await lookInto({ ...address, database }, signal);
    findings.push(...facts.findings);
    largest = Math.max(largest, facts.tableBytes);
  }
  return [...findings, ...(await spaceFindings(workFolder, largest))];
}

interface Look {
  readonly findings: readonly SourceFinding[];
  readonly tableBytes: number;
}

async function lookInto(address: PostgresAddress, signal?: AbortSignal): Promise<Look> {
  await using connection = await connectPostgres(address, { applicationName: 'lifeboat', signal });
  const rows = await namedRows(
    connection,
    `SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, pg_catalog.pg_table_size(c.oid) AS bytes,
       pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS readable
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`,
    signal,
  );
  const tableBytes = rows.reduce((sum, { bytes }) => sum + Number(bytes), 0);
  const hidden = rows.filter(({ readable }) => readable !== 't').map(({ name }) => name ?? '');
  const objects = Number(await oneValue(connection, hiddenObjectsSql, signal));
  return { findings: hiddenFindings(address, hidden, objects), tableBytes };
}

/** pg_read_all_data does not reach them. */
const hiddenObjectsSql = `SELECT count(*) FROM pg_catalog.pg_largeobject_metadata m, pg_catalog.pg_roles r
  WHERE r.rolname = current_user AND NOT r.rolsuper AND NOT pg_catalog.pg_has_role(m.lomowner, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(m.lomacl) a WHERE a.privilege_type = 'SELECT'
    AND (a.grantee = 0 OR pg_catalog.pg_has_role(a.grantee, 'USAGE')))`;

function hiddenFindings(
  { user, database }: PostgresAddress,
  tables: readonly string[],
  objects: number,
): readonly SourceFinding[] {
  const findings: SourceFinding[] = [];
  if (tables.length > 0) {
    const message = `the role ${user} may not read ${tables.length} of the tables of ${database}, such as ${tables[0]}`;
    const hint = `Let it read all: GRANT pg_read_all_data TO ${quoteName(user)}; (PostgreSQL 14 and newer)`;
    findings.push(finding('error', message, hint));
  }
  if (objects > 0) {
    const message = `the role ${user} may not read ${objects} large object${objects === 1 ? '' : 's'} of ${database}`;
    const hint = `Dump as their owner or as a superuser, or let it read each: GRANT SELECT ON LARGE OBJECT … TO ${quoteName(user)};`;
    findings.push(finding('error', message, hint));
  }
  return findings;
}

/** A dump is rarely larger than the tables are, and often much smaller. */
async function spaceFindings(folder: string, bytes: number): Promise<readonly SourceFinding[]> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await fs.statfs(folder);
  if (bavail * bsize >= bytes) return [];
  return [
    finding(
      'warning',
      `the largest database has tables of ${bytes} bytes, and the work folder ${folder} has room for ${bavail * bsize}`,
      'Free space there, or set LIFEBOAT_STATE_DIR to a larger disk.',
    ),
  ];
}

function finding(severity: SourceFinding['severity'], message: string, hint: string): SourceFinding {
  return { severity, message, hint };
}
