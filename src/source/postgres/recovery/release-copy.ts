/** What a recovered copy is, and the step that makes it fit for production: its own settings come back. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';
import type { SourceFinding } from '../../source.ts';
import { parseControlFile } from '../files/control-file.ts';
import { savedAutoConf, signalFiles } from './lay-out-cluster.ts';

export interface RecoveredState {
  readonly data: string;
  readonly major: number;
  readonly isIsolated: boolean;
  /** Of the original, as far as they reach out of the machine or change what runs. */
  readonly settings: readonly string[];
  readonly findings: readonly SourceFinding[];
}

/** `folder`: the data directory, or a folder that holds it as a restore makes it. Raises SOURCE_INVALID. */
export async function lookAtCopy(folder: string): Promise<RecoveredState> {
  const data = await dataBelow(folder);
  const at = (name: string): string => path.join(data, name);
  const major = Number((await readIfThere(at('PG_VERSION'))).trim());
  const isIsolated = await isThere(at(savedAutoConf));
  const conf = [await readIfThere(at('postgresql.conf')), await readIfThere(at(savedAutoConf))].join('\n');
  return {
    ...{ data, major, isIsolated },
    settings: settingsThatMatter(conf),
    findings: [...(await stateFindings(data)), ...(isIsolated ? [] : [notIsolated])],
  };
}

async function dataBelow(folder: string): Promise<string> {
  for (const below of ['', 'data', 'postgresql/data']) {
    const data = path.join(folder, below);
    if (await isThere(path.join(data, 'PG_VERSION'))) return data;
  }
  throw new LifeboatError('SOURCE_INVALID', `there is no data directory of PostgreSQL in ${folder}`, {
    hint: 'Name the folder that `lifeboat restore --until` restored to.',
  });
}

const notIsolated: SourceFinding = {
  severity: 'error',
  message: 'it has its own settings already: nothing was set aside',
  hint: 'Only a copy that `lifeboat restore --until` made is released, and only once.',
};

async function stateFindings(data: string): Promise<readonly SourceFinding[]> {
  const findings: SourceFinding[] = [];
  const error = (message: string, hint: string) => findings.push({ severity: 'error', message, hint });
  for (const name of signalFiles)
    if (await isThere(path.join(data, name)))
      error(`${name} is there: the recovery is not over`, 'Restore it again.');
  if (await isThere(path.join(data, 'postmaster.pid')))
    error(
      'a server runs on it, or was killed on it',
      'Stop the server, or start and stop it once, and try again.',
    );
  const control = await fs.readFile(path.join(data, 'global/pg_control')).catch(() => undefined);
  if (control === undefined)
    error('it has no global/pg_control: the recovery did not come to its end', 'Restore it again.');
  else if (parseControlFile(control).state !== 'shut down')
    error(
      `its server was not shut down: it is ${parseControlFile(control).state}`,
      'Start and stop it once.',
    );
  return findings;
}

/** A connection string, or a command with what it needs to get in. */
const mayHoldPassword = [
  ...['primary_conninfo', 'archive_command', 'restore_command', 'archive_cleanup_command'],
  ...['recovery_end_command', 'ssl_passphrase_command'],
];

const names = [
  ...['archive_mode', 'archive_library', 'synchronous_standby_names', ...mayHoldPassword],
  ...['shared_preload_libraries', 'listen_addresses', 'port', 'hba_file', 'data_directory'],
];

/** The last line of each name counts. */
function settingsThatMatter(conf: string): readonly string[] {
  const found = new Map<string, string>();
  for (const [, name = '', value = ''] of conf.matchAll(/^[ \t]*([a-z_]+)[ \t]*[= \t][ \t]*([^#\n]+)/gim))
    if (names.includes(name.toLowerCase())) found.set(name.toLowerCase(), value.trim());
  return names.flatMap((name) => {
    const value = found.get(name);
    const shown = mayHoldPassword.includes(name) ? '…' : value;
    return value === undefined || value === "''" ? [] : [`${name} = ${shown}`];
  });
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return '';
    throw error;
  }
}

async function isThere(file: string): Promise<boolean> {
  return await fs.access(file).then(
    () => true,
    () => false,
  );
}
