/**
 * Finds pg_dump and its like. One of the server's own major version reads it best; a newer one reads it too, an older
 * one refuses.
 */
import fs from 'node:fs';
import path from 'node:path';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { runProgram } from '../../../platform/child-process.ts';
import { environmentVariable } from '../../../platform/environment.ts';

export interface ClientPrograms {
  readonly folder: string;
  /** 15 */
  readonly major: number;
  /** `15.18` */
  readonly version: string;
}

export interface FindOptions {
  /** A folder that is looked into before all others; default `$LIFEBOAT_POSTGRES_BIN`. */
  readonly folder?: string;
  /** Instead of those of the system's packages and of PATH. */
  readonly places?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const newestMajor = 18;
const versionTimeoutMs = 20_000;
const needed = ['pg_dump', 'pg_restore', 'pg_dumpall'];

/** Raises PROGRAM_MISSING naming the package when none of at least this major version is there. */
export async function findClientPrograms(major: number, options: FindOptions = {}): Promise<ClientPrograms> {
  const wanted = options.folder ?? environmentVariable('LIFEBOAT_POSTGRES_BIN');
  const found: ClientPrograms[] = [];
  for (const folder of wanted === undefined ? (options.places ?? usualPlaces(major)) : [wanted]) {
    const programs = await programsIn(folder, options.signal);
    if (programs?.major === major) return programs;
    if (programs !== undefined && programs.major > major) found.push(programs);
  }
  const [best] = found.toSorted((a, b) => a.major - b.major);
  if (best !== undefined) return best;
  throw missing(major, wanted);
}

function usualPlaces(major: number): readonly string[] {
  const majors = Array.from({ length: newestMajor - major + 1 }, (_, n) => major + n);
  return [
    ...majors.flatMap((one) => [`/usr/lib/postgresql/${one}/bin`, `/usr/pgsql-${one}/bin`]),
    ...(environmentVariable('PATH') ?? '').split(':').filter((folder) => path.isAbsolute(folder)),
  ];
}

async function programsIn(
  folder: string,
  signal: AbortSignal | undefined,
): Promise<ClientPrograms | undefined> {
  if (!needed.every((name) => isExecutable(path.join(folder, name)))) return undefined;
  const program = { kind: 'argv', file: path.join(folder, 'pg_dump'), arguments: ['--version'] } as const;
  const { stdout, exitCode } = await runProgram(program, { signal, timeoutMs: versionTimeoutMs });
  const [, version = '', major = ''] = /\(PostgreSQL\) ((\d+)[\w.]*)/.exec(stdout.toString()) ?? [];
  return exitCode === 0 && major !== '' ? { folder, major: Number(major), version } : undefined;
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function missing(major: number, folder: string | undefined): LifeboatError {
  const where = folder === undefined ? 'on this machine' : `in ${folder}`;
  return new LifeboatError(
    'PROGRAM_MISSING',
    `no pg_dump of PostgreSQL ${major} or newer was found ${where}`,
    {
      hint: `Install postgresql-client-${major} (Debian, Ubuntu) or postgresql${major} (Red Hat), or name the folder of its programs in LIFEBOAT_POSTGRES_BIN.`,
      details: { major },
    },
  );
}
