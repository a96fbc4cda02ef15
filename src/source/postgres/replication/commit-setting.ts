/** Whether commits wait for any standby at all: `synchronous_commit`. Source: PostgreSQL documentation. */
import type { SourceFinding } from '../../source.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import { oneValue } from '../wire/read-rows.ts';
import { quoteText } from '../wire/sql-text.ts';

/** With these a commit returns before any standby has it. For a role or a database the server keeps the text as given. */
const withoutStandby = ['off', 'local', 'false', 'no', '0'];
const settingsWithout = withoutStandby.map((value) => quoteText(`synchronous_commit=${value}`)).join(', ');

export interface CommitSetting {
  /** As sessions find it that set nothing themselves. */
  readonly usual: string;
  readonly waits: boolean;
  /** Roles and databases for which it says otherwise. What a session sets for itself nobody can see. */
  readonly findings: readonly SourceFinding[];
}

export async function commitSetting(
  connection: PostgresConnection,
  signal?: AbortSignal,
): Promise<CommitSetting> {
  // our own sessions set it for themselves
  const usual =
    (await oneValue(
      connection,
      `SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'synchronous_commit'`,
      signal,
    )) ?? '';
  const elsewhere = await oneValue(
    connection,
    `SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' in ',
         CASE WHEN setrole <> 0 THEN 'role ' || pg_catalog.pg_get_userbyid(setrole) END,
         CASE WHEN setdatabase <> 0 THEN 'database ' || datname END), ', ')
       FROM pg_catalog.pg_db_role_setting
       LEFT JOIN pg_catalog.pg_database ON pg_database.oid = setdatabase
      WHERE EXISTS (SELECT FROM pg_catalog.unnest(setconfig) AS each
                     WHERE pg_catalog.lower(each) IN (${settingsWithout}))`,
    signal,
  );
  return {
    usual,
    waits: !withoutStandby.includes(usual),
    findings: elsewhere === null || elsewhere === undefined ? [] : [exception(elsewhere)],
  };
}

function exception(where: string): SourceFinding {
  return {
    severity: 'warning',
    message: `commits of ${where} do not wait: synchronous_commit is set there`,
    hint: 'Take it back with ALTER ROLE … RESET synchronous_commit, or ALTER DATABASE … RESET synchronous_commit.',
  };
}
