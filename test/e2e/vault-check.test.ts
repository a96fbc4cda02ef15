import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type CliRun, cliEnds, password } from './cli-process.ts';

interface Line {
  readonly type: string;
  readonly [field: string]: unknown;
}

function linesOf(run: CliRun): readonly Line[] {
  return run.stdout
    .trim()
    .split('\n')
    .map((line): Line => JSON.parse(line));
}

function verdicts(run: CliRun): Record<string, unknown> {
  const probes = linesOf(run).filter(({ type }) => type === 'probe');
  return Object.fromEntries(probes.map(({ name, verdict }) => [String(name), verdict]));
}

function optionsIn(folder: string) {
  return { folder, environment: { LIFEBOAT_PASSWORD: password } };
}

const fit = {
  write: 'pass',
  read: 'pass',
  list: 'pass',
  'create-only': 'pass',
  clock: 'pass',
  delete: 'pass',
};

test('a folder is proved before there is a vault, and then with a record', async () => {
  using folder = temporaryFolder();
  const options = optionsIn(folder.path);
  const before = await cliEnds(0, options, 'vault', 'check', '--vault', 'vault', '--json');
  assert.deepEqual(verdicts(before), fit);
  assert.equal(linesOf(before).at(-1)?.['recorded'], false);
  await cliEnds(0, options, 'vault', 'init', 'vault', '--no-recovery-key');
  const after = await cliEnds(0, options, 'vault', 'check', '--vault', 'vault', '--json');
  const summary = linesOf(after).at(-1);
  assert.equal(summary?.['verdict'], 'pass');
  assert.equal(summary?.['recorded'], true);
  assert.deepEqual(readdirSync(join(folder.path, 'vault/lifeboat/probe')), []);
  const text = await cliEnds(0, options, 'vault', 'check', '--vault', 'vault');
  assert.match(text.stdout, /^ok +write/);
  assert.match(text.stdout, /^fit +.*vault$/m);
  assert.doesNotMatch(text.stderr, /request/);
});

test('what the plan wants and the store does not do is named, with exit code 1', async () => {
  using folder = temporaryFolder();
  const options = optionsIn(folder.path);
  await cliEnds(0, options, 'vault', 'init', 'vault', '--no-recovery-key');
  writeFileSync(join(folder.path, 'lifeboat.yaml'), plan('immutability: { mode: compliance, for: 30 days }'));
  const run = await cliEnds(1, options, 'vault', 'check', '--json');
  assert.deepEqual(verdicts(run), { ...fit, retention: 'fail' });
  assert.equal(linesOf(run).at(-1)?.['code'], 'STORE_UNFIT');
  assert.match(String(linesOf(run).at(-1)?.['hint']), /^Mend what the probes above name/);
  writeFileSync(join(folder.path, 'lifeboat.yaml'), plan('append_only: true'));
  const adding = await cliEnds(0, options, 'vault', 'check', '--json');
  assert.deepEqual(verdicts(adding), { ...fit, delete: 'not-offered' });
});

test('a setting that is missing here is named, and is no fault of the store', async () => {
  using folder = temporaryFolder();
  const environment = {
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret of the store',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const options = { folder: folder.path, environment };
  const run = await cliEnds(2, options, 'vault', 'check', 's3://no-such-bucket-of-ours/vault');
  assert.match(run.stderr, /no region is set/);
  assert.match(
    run.stderr,
    /^→ Set the region of the bucket with AWS_REGION, or with `region` in the plan\.$/m,
  );
  assert.doesNotMatch(run.stdout, /unfit/);
});

test('a vault that is only added to takes backups, which say what they asked of the store', async () => {
  using folder = temporaryFolder();
  const options = optionsIn(folder.path);
  await cliEnds(0, options, 'vault', 'init', 'vault', '--no-recovery-key');
  writeFileSync(join(folder.path, 'lifeboat.yaml'), plan('append_only: true'));
  writeFileSync(join(folder.path, 'file'), 'content');
  const run = await cliEnds(0, options, 'backup', '--vault', 'here', '--path', 'file', '--json');
  const requests = linesOf(run).at(-1)?.['requests'];
  assert.ok(isCounts(requests));
  assert.ok(requests.puts >= 4, `pack, index, snapshot and lock: ${requests.puts} puts`);
  assert.ok(requests.bytes_put > 0);
  await cliEnds(0, options, 'check', '--read-data');
});

test('a vault of the plan is made with the password that the plan names, which is made where it is not there', async () => {
  using folder = temporaryFolder();
  const options = {
    ...optionsIn(folder.path),
    environment: { ...optionsIn(folder.path).environment, LIFEBOAT_PASSWORD: undefined },
  };
  const path = (name: string) => join(folder.path, name);
  writeFileSync(path('lifeboat.yaml'), plan('password: "${file:keys/here}"'));
  mkdirSync(path('keys'));
  const made = await cliEnds(0, options, 'vault', 'init', 'here', '--no-recovery-key');
  assert.match(made.stdout, /wrote a new password to .*keys\/here/);
  assert.match(made.stdout, /^next: lifeboat backup$/m);
  assert.equal(statSync(path('keys/here')).mode & 0o777, 0o600);
  const again = { ...options, secrets: [readFileSync(path('keys/here'), 'utf8').trim()] };
  await cliEnds(0, again, 'snapshots', '--vault', 'here');
  renameSync(path('keys/here'), path('elsewhere'));
  const refused = await cliEnds(1, again, 'vault', 'init', 'here', '--no-recovery-key');
  assert.match(refused.stderr, /removed .*keys\/here again: it opens nothing/);
  assert.equal(existsSync(path('keys/here')), false, 'where the real one belongs');
  renameSync(path('elsewhere'), path('keys/here'));
  const other = { ...options, environment: { ...options.environment, LIFEBOAT_PASSWORD: 'wins' } };
  rmSync(path('vault'), { recursive: true });
  await cliEnds(0, other, 'vault', 'init', 'here', '--no-recovery-key');
  await cliEnds(12, again, 'snapshots', '--vault', 'here');
});

test('the vault is named by an argument or by --vault, and not by both', async () => {
  using folder = temporaryFolder();
  const options = optionsIn(folder.path);
  const words = ['vault', 'check', './there'];
  assert.match((await cliEnds(0, options, ...words)).stdout, /fit {2}.*\/there$/m);
  await cliEnds(0, options, ...words, '--vault', './there');
  await cliEnds(2, options, ...words, '--vault', './elsewhere');
});

function isCounts(value: unknown): value is { readonly puts: number; readonly bytes_put: number } {
  return typeof value === 'object' && value !== null && 'puts' in value && 'bytes_put' in value;
}

function plan(vaultLine: string): string {
  return [
    'version: 1',
    'metadata: { id: 6d1a1f0e-6f52-4c1e-9a39-3c9a7a3d9b11, name: shop }',
    'vaults:',
    '  here:',
    '    location: ./vault',
    `    ${vaultLine}`,
    '',
  ].join('\n');
}
