/** Configuration that lies outside of the data directory, as Debian has it; where the role may read it. */
import path from 'node:path';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import { namedRows, oneValue } from '../wire/read-rows.ts';

export interface ConfigFile {
  /** Below the folder of the configuration: `conf.d/memory.conf`. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** Larger ones are no configuration. */
const bytesMax = 1024 * 1024;
const filesMax = 200;

/** The files, or why there are none, as text. */
export async function readConfigFiles(
  connection: PostgresConnection,
  signal?: AbortSignal,
): Promise<readonly ConfigFile[] | string> {
  try {
    // hidden from roles that may not see it, which is an error
    const main =
      (await oneValue(connection, "SELECT pg_catalog.current_setting('config_file')", signal)) ?? '';
    const rows = await namedRows(connection, sql, signal);
    const folder = path.posix.dirname(main);
    return rows.flatMap(({ file, content }) => {
      const below = path.posix.relative(folder, file ?? '');
      if (content === null || content === undefined) return [];
      return [{ name: nameBelow(below), bytes: Buffer.from(content, 'hex') }];
    });
  } catch (error) {
    if (!(error instanceof LifeboatError) || error.details['severity'] !== 'ERROR') throw error;
    return `the configuration outside of the data directory cannot be read: ${error.message}`;
  }
}

/** A file elsewhere keeps its own name only. */
function nameBelow(name: string): string {
  return name.startsWith('..') ? path.posix.basename(name) : name;
}

const sql = `WITH files AS (
  SELECT setting AS file FROM pg_catalog.pg_settings
  WHERE name IN ('config_file', 'hba_file', 'ident_file')
  UNION SELECT sourcefile FROM pg_catalog.pg_file_settings WHERE sourcefile IS NOT NULL)
SELECT file, encode(pg_catalog.pg_read_binary_file(file, 0, ${bytesMax}, true), 'hex') AS content
FROM files WHERE NOT starts_with(file, pg_catalog.current_setting('data_directory') || '/')
GROUP BY file ORDER BY file LIMIT ${filesMax}`;
