import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { type Program, programs } from './programs.ts';
import { runLoudly, runQuietly, say } from './run-command.ts';

/**
 * Makes sure that the programs which tests run are there: installs their packages when this is root or sudo
 * asks nothing, else names them with the command to type. Resolves to the names that are still missing.
 */
export async function ensurePrograms(): Promise<readonly string[]> {
  const absent = missing();
  if (absent.length === 0) return [];
  for (const program of absent)
    say(`missing: ${program.name} (package ${program.debianPackage}): ${program.why}`);
  const prefix = rightToInstall();
  if (prefix === undefined) {
    say(`neither root nor sudo without a password: please run\n  ${installCommand(absent).join(' ')}`);
    return absent.map((program) => program.name);
  }
  await install(prefix, absent);
  return missing().map((program) => program.name);
}

function missing(): readonly Program[] {
  return programs.filter(({ name, file }) => (file === undefined ? !isInPath(name) : !existsSync(file)));
}

function isInPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => isExecutable(path.join(folder, name)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What stands before a command that needs root; undefined when there is no way. */
function rightToInstall(): readonly string[] | undefined {
  if (!isInPath('apt-get')) return undefined;
  if (process.getuid?.() === 0) return [];
  return runQuietly('sudo', ['-n', 'true']).exitCode === 0 ? ['sudo', '-n'] : undefined;
}

async function install(prefix: readonly string[], absent: readonly Program[]): Promise<void> {
  const quiet = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300'];
  const packages = [...new Set(absent.map((program) => program.debianPackage))];
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const [program = 'env', ...rest] = [...prefix, ...quiet, ...args];
    if ((await runLoudly(program, rest)) !== 0) return;
  }
}

function installCommand(absent: readonly Program[]): readonly string[] {
  const packages = new Set(absent.map((program) => program.debianPackage));
  return ['sudo apt-get update && sudo apt-get install -y --no-install-recommends', ...packages];
}
