/**
 * `npm test`: everything that must hold before a change goes in. Makes sure that the programs which tests run
 * are there, checks style and types, runs the tests, and ends with one line `N passed, N failed`.
 *
 * --unit      only the tests beside the code (src/)
 * --grep TEXT only tests whose names match the regular expression
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePrograms } from './test/ensure-programs.ts';
import { ensureMoto } from './test/moto.ts';
import { ensureNewerRestic } from './test/newer-restic.ts';
import { ensurePostgres } from './test/postgres-packages.ts';
import { runLoudly, say } from './test/run-command.ts';
import { type Counts, runTests } from './test/run-tests.ts';

const root = path.resolve(import.meta.dirname, '..');
const bin = path.join(root, 'node_modules', '.bin');

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { unit: { type: 'boolean' }, grep: { type: 'string' } } });
  const problems = await missingTools(values.unit === true);
  if (problems.length > 0) return close({ passed: 0, failed: problems.length, skipped: [] });
  const checked = values.grep === undefined ? await checks() : [];
  const tested = await runTests(root, {
    globs: values.unit
      ? ['src/**/*.test.ts']
      : ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
    grep: values.grep,
  });
  return close({
    passed: tested.passed + checked.filter((ok) => ok).length,
    failed: tested.failed + checked.filter((ok) => !ok).length,
    skipped: tested.skipped,
  });
}

/** What tests need and this machine lacks; tests that need nothing do not run without it, lest it goes unseen. */
async function missingTools(unitOnly: boolean): Promise<readonly string[]> {
  const programs = await ensurePrograms();
  if (programs.length > 0) say(`cannot test without: ${programs.join(', ')}`);
  if (programs.length > 0 || unitOnly) return programs;
  return [...missingMoto(), ...missingNewerRestic(), ...missingPostgres(17), ...missingPostgres(18)];
}

function missingPostgres(major: 17 | 18): readonly string[] {
  const found = ensurePostgres(root, major);
  if (found.kind === 'found') return [];
  say(`NO POSTGRESQL ${major} FOR TESTS: ${found.reason}`);
  return [`PostgreSQL ${major}`];
}

function missingMoto(): readonly string[] {
  const moto = ensureMoto(root);
  if (moto.kind === 'found') return [];
  say(`NO S3 SERVER FOR TESTS: ${moto.reason}`);
  return ['python3-moto'];
}

function missingNewerRestic(): readonly string[] {
  const newer = ensureNewerRestic(root);
  if (newer.kind === 'found') {
    process.env['LIFEBOAT_TEST_RESTIC_NEW'] = newer.path;
    say(`restic ${newer.version} for the newer details of the format: ${newer.path}`);
    return [];
  }
  const allowed = (process.env['LIFEBOAT_TEST_ALLOW_MISSING'] ?? '').split(',').includes('restic-new');
  say(`NO RESTIC OF 0.16 OR NEWER: ${newer.reason}`);
  if (!allowed)
    say('Set LIFEBOAT_TEST_RESTIC_NEW to one, or LIFEBOAT_TEST_ALLOW_MISSING=restic-new to test without.');
  return allowed ? [] : ['restic-new'];
}

/** Style and types: each counts as a test. */
async function checks(): Promise<readonly boolean[]> {
  const runs: readonly (readonly string[])[] = [
    ['biome', 'check', '.'],
    ['tsc', '--noEmit'],
  ];
  const results: boolean[] = [];
  for (const [program = '', ...args] of runs) {
    const ok = (await runLoudly(path.join(bin, program), args)) === 0;
    say(`${ok ? '✔' : '✖'} ${program} ${args.join(' ')}`);
    results.push(ok);
  }
  return results;
}

function close({ passed, failed, skipped }: Counts): number {
  if (skipped.length > 0) say(`skipped ${skipped.length}:\n${skipped.map((line) => `  ${line}`).join('\n')}`);
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
