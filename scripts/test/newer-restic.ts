/**
 * A restic of 0.16 or newer beside the one of the system: link targets that are not valid UTF-8, and newer
 * details of the format, can only be compared with it. Debian 13 has one; its binary is static, so it runs on
 * Debian 12 too. It is fetched with apt into `.cache/`, without touching the system.
 */
import fs from 'node:fs';
import path from 'node:path';
import { suiteSources } from './apt-sources.ts';
import { type Finished, runQuietly } from './run-command.ts';

const suite = 'trixie';
const oldestUseful = [0, 16] as const;

export type NewerRestic =
  | { readonly kind: 'found'; readonly path: string; readonly version: string }
  | { readonly kind: 'missing'; readonly reason: string };

export function ensureNewerRestic(root: string): NewerRestic {
  const folder = path.join(root, '.cache', 'restic-new');
  const fetched = path.join(folder, 'usr', 'bin', 'restic');
  const candidates = [process.env['LIFEBOAT_TEST_RESTIC_NEW'], 'restic', fetched];
  for (const candidate of candidates) {
    const version = candidate === undefined || candidate === '' ? undefined : usefulVersion(candidate);
    if (candidate !== undefined && version !== undefined) return { kind: 'found', path: candidate, version };
  }
  const problem = fetch(folder);
  if (problem !== undefined) return { kind: 'missing', reason: problem };
  const version = usefulVersion(fetched);
  if (version === undefined) return { kind: 'missing', reason: `${fetched} does not run here` };
  return { kind: 'found', path: fetched, version };
}

/** The version, when the program runs and is new enough. */
function usefulVersion(program: string): string | undefined {
  const { exitCode, output } = runQuietly(program, ['version']);
  const found = /^restic (\d+)\.(\d+)\S*/.exec(output);
  if (exitCode !== 0 || found === null) return undefined;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  const isNew = major > oldestUseful[0] || (major === oldestUseful[0] && minor >= oldestUseful[1]);
  return isNew ? found[0].slice('restic '.length) : undefined;
}

/** Fetches and unpacks; returns what went wrong, or nothing. */
function fetch(folder: string): string | undefined {
  const sources = suiteSources('/etc/apt', suite);
  if (sources === undefined) return `no Debian source in /etc/apt from which ${suite} could be derived`;
  fs.rmSync(folder, { recursive: true, force: true });
  const apt = path.join(folder, 'apt');
  for (const below of ['lists/partial', 'cache/archives/partial', 'download']) {
    fs.mkdirSync(path.join(apt, below), { recursive: true });
  }
  const list = path.join(apt, sources.fileName);
  fs.writeFileSync(list, sources.text);
  const updated = runApt(apt, list, ['update']);
  if (updated.exitCode !== 0) return `apt-get update for ${suite} failed: ${lastLines(updated.output)}`;
  const downloaded = runApt(apt, list, ['download', 'restic']);
  const archive = fs.readdirSync(path.join(apt, 'download')).find((name) => name.endsWith('.deb'));
  if (archive === undefined) return `apt-get download restic failed: ${lastLines(downloaded.output)}`;
  const unpacked = runQuietly('dpkg', ['-x', path.join(apt, 'download', archive), folder]);
  for (const rest of ['apt', 'usr/share'])
    fs.rmSync(path.join(folder, rest), { recursive: true, force: true });
  return unpacked.exitCode === 0 ? undefined : `dpkg -x failed: ${lastLines(unpacked.output)}`;
}

/** apt with lists and cache of its own; keys, proxies and certificates stay those of the machine. */
function runApt(apt: string, list: string, args: readonly string[]): Finished {
  const options = [
    `Dir::Etc::sourcelist=${list}`,
    'Dir::Etc::sourceparts=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
    `Dir::State::lists=${path.join(apt, 'lists')}`,
    `Dir::Cache=${path.join(apt, 'cache')}`,
    'Acquire::Languages=none',
    'Acquire::Retries=2',
    // Else root would hand the download to a user who may not enter this folder.
    `APT::Sandbox::User=${process.getuid?.() === 0 ? 'root' : ''}`,
  ];
  const flags = options.flatMap((option) => ['-o', option]);
  return runQuietly('apt-get', ['-q', ...flags, ...args], path.join(apt, 'download'));
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-3).join(' | ');
}
