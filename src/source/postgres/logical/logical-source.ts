/**
 * The `logical` method of a PostgreSQL system: pg_dump's directory format, uncompressed, so that the repository finds
 * what it has already. For managed servers that offer nothing else. No log can be applied to a dump: what is lost is
 * what was written since.
 *
 * In the snapshot: `/postgresql/dump/<database>/` as pg_dump wrote it, `/postgresql/globals.sql` with roles and
 * tablespaces, `/postgresql/dump.json`.
 */
import type { Source, SourceFinding } from '../../source.ts';
import { describeAddress } from '../wire/address.ts';
import { checkDumpable } from './check-dumpable.ts';
import { captureDump } from './logical-capture.ts';
import type { LogicalSourceOptions } from './logical-settings.ts';

/**
 * Values are `server`, `rows:<table>`, `query:<name>`, `extensions:<database>` and `bytes:<database>`.
 *
 * `capture` raises SOURCE_* of the server, PROGRAM_MISSING, and what `runClient` raises. Each dump is read back whole
 * before it counts, and its rows are counted against the server's.
 */
export function createLogicalSource(options: LogicalSourceOptions): Source {
  return {
    description: `dump of PostgreSQL at ${describeAddress(options.address)}`,
    preflight: async (signal): Promise<readonly SourceFinding[]> => await checkDumpable(options, signal),
    capture: async (signal) => await captureDump(options, signal),
  };
}
