/**
 * The `physical` method of a PostgreSQL system: a base backup over the replication protocol, file by file.
 *
 * In the snapshot: `/postgresql/data/` as the server has it, with `backup_label`, `tablespace_map`, `backup_manifest` and
 * the log from start to end; `/postgresql/tablespaces/<oid>/`; and `/postgresql/config/` where the configuration lies
 * outside of the data directory.
 */

import type { Source } from '../../source.ts';
import { checkServer } from '../check-server.ts';
import { describeAddress } from '../wire/address.ts';
import type { PostgresSourceOptions } from './base-settings.ts';
import { captureBase } from './capture-base.ts';

/**
 * Values are `server`, `read`, `lsn`, `rows:<table>`, `query:<name>`, `extensions:<database>` and `bytes:<database>`.
 *
 * `capture` raises SOURCE_* of the server and resolves when its checkpoint is done. A file that is not what the manifest
 * of the server says fails the capture with SOURCE_DAMAGED; damaged pages, which the server finds, are problems of it.
 */
export function createPostgresSource(options: PostgresSourceOptions): Source {
  return {
    description: `PostgreSQL at ${describeAddress(options.address)}`,
    preflight: async (signal) => await checkServer({ ...options, purpose: 'base' }, signal),
    capture: async (signal) => await captureBase(options, signal),
  };
}
