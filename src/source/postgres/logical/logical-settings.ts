import type { PostgresAddress } from '../wire/address.ts';

export interface LogicalSourceOptions {
  readonly address: PostgresAddress;
  /** Default: the one of the address. */
  readonly databases?: 'all' | readonly string[];
  readonly keeps: 'everything' | 'schema';
  /** Connections that a dump reads with. */
  readonly jobs: number;
  /** Tables of the address's database whose rows are counted, as a statement may write them. */
  readonly countTables: readonly string[];
  /** Of the checks, by name; each gives one value. */
  readonly queries: Readonly<Record<string, string>>;
  /** Must hold one dumped database at a time. */
  readonly workFolder: string;
  /** For each of pg_dump's runs. */
  readonly timeoutMs: number;
  /** Of PostgreSQL's programs; default: found by version. */
  readonly programsFolder?: string;
  /** Owner of the stored files. */
  readonly uid: number;
  readonly gid: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}
