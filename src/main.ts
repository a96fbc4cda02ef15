/**
 * The program's entry: it chooses the root that a command needs and turns its end into an exit code. It imports
 * nothing that an old Node could not read, so that an old Node gets an answer instead of a syntax error.
 */
import fs from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { cacheDirectory } from './platform/environment.ts';

const nodeMajorMin = 24;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (Number(process.versions.node.split('.')[0]) < nodeMajorMin) return refuseOldNode(args);
  const [first] = args;
  if (args.length === 1 && (first === '--version' || first === '-V')) return printVersion();
  keepCompiledCode();
  const { runCli } = await import('./cli/run-cli.ts');
  return await runCli({
    arguments: args,
    programVersion: programVersion(),
    roots: {
      app: async () => (await import('./app.ts')).appAdapters,
      rescue: async () => (await import('./rescue.ts')).rescueAdapters,
    },
  });
}

function printVersion(): number {
  process.stdout.write(`${programVersion()}\n`);
  return 0;
}

/** From the manifest: beside the program when it is published, one folder up in the checkout. */
function programVersion(): string {
  const place = import.meta.url.endsWith('.ts') ? '../package.json' : './package.json';
  const manifest: unknown = JSON.parse(fs.readFileSync(join(import.meta.dirname, place), 'utf8'));
  const isManifest = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isManifest && typeof manifest.version === 'string' ? manifest.version : 'unknown';
}

/** In a folder of our own: code from a folder that everybody may write would run with our rights. */
function keepCompiledCode(): void {
  module.enableCompileCache(join(cacheDirectory(), 'compiled'));
}

function refuseOldNode(args: readonly string[]): number {
  const message = `this is Node ${process.versions.node}; Lifeboat needs Node ${nodeMajorMin} or newer`;
  const hint = `Install Node ${nodeMajorMin} or newer and put it first in PATH.`;
  const error = { type: 'error', code: 'RUNTIME_TOO_OLD', message, hint, exit_code: 1 };
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(error)}\n`);
  process.stderr.write(`error: ${message}\n→ ${hint}\n`);
  return 1;
}
