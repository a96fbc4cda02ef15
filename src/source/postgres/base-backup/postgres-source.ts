/**
 * The `physical` method of a PostgreSQL system: a base backup over the replication protocol, file by file.
 *
 * In the snapshot: `/postgresql/data/` as the server has it, with `backup_label`, `tablespace_map`, `backup_manifest` and
 * the log from start to end; `/postgresql/tablespaces/<oid>/`; and `/postgresql/config/` where the configuration lies
 * outside of the data directory.
 */

import type { EarlierCapture, Source } from '../../source.ts';
import { checkServer } from '../check-server.ts';
import { describeAddress } from '../wire/address.ts';
import type { BaseFiles, PostgresSourceOptions } from './base-settings.ts';
import { captureBase } from './capture-base.ts';

/**
 * Values are `server`, `read`, `lsn`, `database`, `superuser`, `rows:<table>`, `query:<name>`, `extensions:<database>` and `bytes:<database>`.
 *
 * `capture` raises SOURCE_* of the server and resolves when its checkpoint is done. A file that is not what the manifest
 * of the server says fails the capture with SOURCE_DAMAGED; damaged pages, which the server finds, are problems of it.
 */
export function createPostgresSource(options: PostgresSourceOptions): Source {
  return {
    description: `PostgreSQL at ${describeAddress(options.address)}`,
    preflight: async (signal) => await checkServer({ ...options, purpose: 'base' }, signal),
    capture: async (signal, earlier) => await captureBase(await knowing(options, earlier, signal), signal),
  };
}

const dataFolder = '/postgresql/data';

async function knowing(
  options: PostgresSourceOptions,
  earlier: EarlierCapture | undefined,
  signal: AbortSignal | undefined,
): Promise<PostgresSourceOptions> {
  const { position, read } = earlier ?? {};
  const base = read && (await baseFiles(read, signal));
  return {
    ...options,
    ...(position?.kind === 'postgres' ? { expectedSystemId: position.systemId } : {}),
    ...(options.expectedSystemId === undefined ? {} : { expectedSystemId: options.expectedSystemId }),
    ...(base === undefined ? {} : { base }),
  };
}

async function baseFiles(
  read: NonNullable<EarlierCapture['read']>,
  signal: AbortSignal | undefined,
): Promise<BaseFiles | undefined> {
  const manifest = await read(`${dataFolder}/backup_manifest`, signal);
  const controlFile = manifest && (await read(`${dataFolder}/global/pg_control`, signal));
  return controlFile && { manifest, controlFile };
}
