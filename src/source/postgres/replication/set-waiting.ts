/** Makes the server's commits wait for us, or no longer. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { sleep } from '../../../platform/timers.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import { oneValue } from '../wire/read-rows.ts';
import { quoteName, quoteText } from '../wire/sql-text.ts';
import { commitSetting } from './commit-setting.ts';
import {
  formatStandbyNames,
  isNamed,
  parseStandbyNames,
  type StandbyNames,
  waitsFor,
  withOurs,
  withoutOurs,
} from './standby-names.ts';

const looksMax = 100;
const lookMs = 50;

/**
 * Resolves when the server has taken it up. Raises SOURCE_DENIED with what to grant, and SOURCE_INVALID when others
 * are waited for in a way that leaves no room for us.
 */
export async function setWaiting(
  connection: PostgresConnection,
  ours: readonly string[],
  waits: boolean,
  signal?: AbortSignal,
): Promise<void> {
  if (waits) await requireWaitingCommits(connection, signal);
  const now = await standbyNames(connection, signal);
  if (waits ? waitsFor(now, ours) : !isNamed(now, ours)) return;
  const wanted = waits ? withOurs(now, ours) : withoutOurs(now, ours);
  if (waits && wanted === undefined) throw noRoom(now);
  const text = formatStandbyNames(wanted);
  try {
    await connection.query(`ALTER SYSTEM SET synchronous_standby_names = ${quoteText(text)}`, signal);
    await connection.query('SELECT pg_catalog.pg_reload_conf()', signal);
  } catch (error) {
    throw notAllowed(error, connection) ?? error;
  }
  for (let look = 0; look < looksMax; look += 1) {
    const shown = await oneValue(connection, 'SHOW synchronous_standby_names', signal);
    if (shown === text) return;
    await sleep(lookMs, signal);
  }
  throw notTaken(text);
}

async function requireWaitingCommits(connection: PostgresConnection, signal?: AbortSignal): Promise<void> {
  const { usual, waits } = await commitSetting(connection, signal);
  if (waits) return;
  throw new LifeboatError('SOURCE_INVALID', `commits wait for nobody: synchronous_commit is ${usual}`, {
    hint: 'Run ALTER SYSTEM SET synchronous_commit = on; SELECT pg_reload_conf(); as a superuser.',
  });
}

export async function standbyNames(
  connection: PostgresConnection,
  signal?: AbortSignal,
): Promise<StandbyNames | undefined> {
  return parseStandbyNames((await oneValue(connection, 'SHOW synchronous_standby_names', signal)) ?? '');
}

function notAllowed(error: unknown, { address }: PostgresConnection): LifeboatError | undefined {
  if (!(error instanceof LifeboatError) || error.details['sqlstate'] !== '42501') return undefined;
  const role = quoteName(address.user);
  return new LifeboatError(
    'SOURCE_DENIED',
    `the role may not change for whom commits wait: ${error.message}`,
    {
      hint: `From PostgreSQL 15 on: GRANT ALTER SYSTEM ON PARAMETER synchronous_standby_names TO ${role}; GRANT EXECUTE ON FUNCTION pg_catalog.pg_reload_conf() TO ${role}; before 15 only a superuser may.`,
      details: error.details,
      cause: error,
    },
  );
}

function noRoom(now: StandbyNames | undefined): LifeboatError {
  return new LifeboatError(
    'SOURCE_INVALID',
    `commits wait for some of several standbys (${formatStandbyNames(now)}), and PostgreSQL cannot wait for Lifeboat besides in every case`,
    {
      hint: 'Let the server wait for all of them, as in ANY 2 (a, b), or for none, or run this system in async mode.',
    },
  );
}

function notTaken(text: string): LifeboatError {
  return new LifeboatError(
    'SOURCE_INVALID',
    `the server does not take up synchronous_standby_names = '${text}'`,
    {
      hint: 'A file or the command line that comes after postgresql.auto.conf sets it: see pg_settings.sourcefile, and take it out there.',
    },
  );
}
