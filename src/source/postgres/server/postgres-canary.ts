/** A marker with time and sequence in a live database, and the newest one of a copy. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { PostgresAddress } from '../wire/address.ts';
import { connectPostgres } from '../wire/connection.ts';
import { quoteName } from '../wire/sql-text.ts';
import type { ClusterProbe } from './probe-cluster.ts';

export interface CanaryMarker {
  readonly sequence: number;
  /** By the clock of who wrote it: milliseconds since the epoch. */
  readonly writtenAtMs: number;
}

/** How many of the newest markers stay. */
const rowsMax = 100;
/** A table that somebody locks must not hold up a backup. */
const lockMsMax = 2000;

/**
 * Makes the table at the first call, and with a schema in its name, that has to be there. Durable as far as the server's
 * settings say. Raises what the server raises, and has then written nothing.
 */
export async function writeCanary(
  address: PostgresAddress,
  { table, mark }: { readonly table: string; readonly mark: CanaryMarker },
  signal?: AbortSignal,
): Promise<void> {
  const name = tableName(table);
  const { sequence, writtenAtMs } = mark;
  await using connection = await connectPostgres(address, { applicationName: 'lifeboat canary', signal });
  const { rows } = await connection.query(
    `select to_regclass('${name.replaceAll("'", "''")}') is null`,
    signal,
  );
  const making =
    rows[0]?.[0] === 't'
      ? `create table if not exists ${name} (sequence bigint primary key, time_ms bigint not null);`
      : '';
  await connection.query(
    `begin; set local lock_timeout to ${lockMsMax}; ${making}
     insert into ${name} (sequence, time_ms) values (${sequence}, ${writtenAtMs})
       on conflict (sequence) do update set time_ms = excluded.time_ms;
     delete from ${name} where sequence <= ${sequence - rowsMax}; commit`,
    signal,
  );
}

/** `undefined` when there is none. Raises VERIFICATION_INCONCLUSIVE when the copy cannot be asked. */
export async function canaryIn(
  probe: Pick<ClusterProbe, 'value'>,
  table: string,
): Promise<CanaryMarker | undefined> {
  const name = tableName(table);
  const found = await probe.value(
    `select coalesce((select sequence || ' ' || time_ms from ${name} order by sequence desc limit 1), '')`,
  );
  if (found.kind === 'failed') return undefined;
  if (found.kind === 'inconclusive')
    throw new LifeboatError('VERIFICATION_INCONCLUSIVE', `the canary could not be read: ${found.reason}`);
  const [, sequence, writtenAtMs] = /^(\d+) (\d+)$/.exec(String(found.value)) ?? [];
  return sequence === undefined
    ? undefined
    : { sequence: Number(sequence), writtenAtMs: Number(writtenAtMs) };
}

/** Each part of the name by itself, so that nothing else can stand in it. */
function tableName(table: string): string {
  return table.split('.').map(quoteName).join('.');
}
