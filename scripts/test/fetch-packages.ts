/**
 * Debian packages of another suite than the machine's own, unpacked into a folder below `.cache/` with apt, without
 * touching the system and without its dependencies.
 */
import fs from 'node:fs';
import path from 'node:path';
import { suiteSources } from './apt-sources.ts';
import { type Finished, runQuietly } from './run-command.ts';

export interface PackagesToFetch {
  /** A release of Debian. */
  readonly suite: string;
  readonly packages: readonly string[];
  /** Where they are unpacked, as a whole, at the end; stays as it is when another process was quicker. */
  readonly folder: string;
}

/** Returns what went wrong, or nothing. */
export function fetchPackages({ suite, packages, folder }: PackagesToFetch): string | undefined {
  const sources = suiteSources('/etc/apt', suite);
  if (sources === undefined) return `no Debian source in /etc/apt from which ${suite} could be derived`;
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  // Of its own, for two tests may fetch at once.
  const work = fs.mkdtempSync(`${folder}-`);
  try {
    const apt = path.join(work, 'apt');
    for (const below of ['lists/partial', 'cache/archives/partial', 'download']) {
      fs.mkdirSync(path.join(apt, below), { recursive: true });
    }
    const list = path.join(apt, sources.fileName);
    fs.writeFileSync(list, sources.text);
    const updated = runApt(apt, list, ['update']);
    if (updated.exitCode !== 0) return `apt-get update for ${suite} failed: ${lastLines(updated.output)}`;
    const downloaded = runApt(apt, list, ['download', ...packages]);
    if (downloaded.exitCode !== 0) {
      return `apt-get download ${packages.join(' ')} failed: ${lastLines(downloaded.output)}`;
    }
    return unpack(path.join(apt, 'download'), path.join(work, 'unpacked'), folder);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

function unpack(archives: string, work: string, folder: string): string | undefined {
  for (const archive of fs.readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    const unpacked = runQuietly('dpkg', ['-x', path.join(archives, archive), work]);
    if (unpacked.exitCode !== 0) return `dpkg -x ${archive} failed: ${lastLines(unpacked.output)}`;
  }
  fs.rmSync(path.join(work, 'usr', 'share'), { recursive: true, force: true });
  if (!fs.existsSync(folder)) fs.renameSync(work, folder);
  return undefined;
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
