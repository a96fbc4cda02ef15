/**
 * A restic of 0.16 or newer beside the one of the system: link targets that are not valid UTF-8, and newer
 * details of the format, can only be compared with it. Debian 13 has one; its binary is static, so it runs on
 * Debian 12 too. It is fetched with apt into `.cache/`, without touching the system.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fetchPackages } from './fetch-packages.ts';
import { runQuietly } from './run-command.ts';

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
  // What is there does not run, or is too old.
  fs.rmSync(folder, { recursive: true, force: true });
  const problem = fetchPackages({ suite, packages: ['restic'], folder });
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
