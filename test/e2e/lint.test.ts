/** `lifeboat lint` as people and programs see it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type CliOptions, type CliRun, cli, cliEnds, jsonLines, lastLine } from './cli-process.ts';
import { assertGolden } from './golden-file.ts';

let scene: TemporaryFolder;
let options: CliOptions;

const head = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d44, name: Shop, owner: Jane }
vaults: { here: { location: ./here }, away: { location: ./away, off_site: true } }
objectives: { rpo: 6 h, rto: 4 h } # as agreed
`;

const faulty = `${head}
systems:
  # what people bring
  uploads:   # keep this
    source: { kind: files,  paths: ["./uploads"] }
    schedule:  "daily at 02:00"   # at night

  dump:
    source:
      kind: command
      run: pg_dump shop | gzip
      file: shop.sql.gz
    schedule: hourly
    checks: [{ kind: command, run: ./check.sh }]
`;

const corrected = faulty
  .replace('"daily at 02:00"   # at night\n', '"every 3h from 02:00"   # at night\n    checks: [files]\n')
  .replace('run: pg_dump shop | gzip', 'run: [bash, -o, pipefail, -c, pg_dump shop | gzip]');

before(() => {
  scene = temporaryFolder();
  options = { folder: scene.path };
});

after(() => scene[Symbol.dispose]());

function plan(text: string, name = 'lifeboat.yaml'): string {
  const path = join(scene.path, name);
  fs.writeFileSync(path, text);
  return path;
}

/** Ends by whether an error is left, whatever rules there are. */
async function lints(...words: readonly string[]): Promise<CliRun> {
  const run = await cli(options, 'lint', ...words);
  const hasErrors = /"severity":"error"|^✗ |^Left: [1-9]\d* error/m.test(run.stdout);
  assert.equal(run.exitCode, hasErrors ? 6 : 0, run.stdout + run.stderr);
  return run;
}

test('the help of lint', async () => {
  assertGolden('cli/lint-help.txt', (await cliEnds(0, options, 'lint', '--help')).stdout);
});

test('errors come first, and the last line counts and says what to do', async () => {
  plan(faulty);
  const { stdout } = await cliEnds(6, options, 'lint');
  const order = ['✗ ', 'error: daily at', '\n! ', '[no-check]', '[pipe-status]'].map((words) =>
    stdout.indexOf(words),
  );
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
  assert.ok(!order.includes(-1), stdout);
  assert.match(
    stdout.trimEnd().split('\n').at(-1) ?? '',
    /^\d+ errors?, \d+ warnings?, \d+ notes?\. Next: `lifeboat lint --fix`/,
  );
  const lines = jsonLines(await cliEnds(6, options, 'lint', '--json'));
  const fixable = lines.filter((line) => line['fixable'] === true).map((line) => line['rule']);
  for (const rule of ['no-check', 'pipe-status', 'rpo-schedule']) assert.ok(fixable.includes(rule), rule);
  assert.equal(lines.at(-1)?.['fixable'], fixable.length);
  assert.ok(lines.every((line) => !('edits' in line)));
});

test('a rehearsal shows the changes and writes nothing', async () => {
  const path = plan(faulty);
  const { stdout } = await cliEnds(6, options, 'lint', '--fix', '--dry-run');
  assert.match(stdout, /^-\s+schedule: {2}"daily at 02:00" {3}# at night$/m);
  assert.match(stdout, /^\+\s+schedule: {2}"every 3h from 02:00" {3}# at night$/m);
  assert.match(stdout, /Nothing is written\. \d+ errors?, .* now; \d+ errors?, .* would be left\./);
  assert.equal(fs.readFileSync(path, 'utf8'), faulty);
});

test('a fix keeps comments, layout and mode, and a second one changes nothing', async () => {
  const path = plan(faulty);
  fs.chmodSync(path, 0o640);
  const lines = jsonLines(await lints('--fix', '--json'));
  assert.equal(fs.readFileSync(path, 'utf8'), corrected);
  assert.equal(fs.statSync(path).mode & 0o7777, 0o640);
  assert.deepEqual(lines.at(-1)?.['changed'], ['lifeboat.yaml']);
  assert.ok(lines.some((line) => line.type === 'fix' && line['written'] === true));
  assert.deepEqual(
    fs.readdirSync(scene.path).filter((name) => name.endsWith('.tmp')),
    [],
  );
  const again = await lints('--fix');
  assert.match(again.stdout, /nothing that can be corrected safely\.\nLeft: 0 errors, /);
  assert.equal(fs.readFileSync(path, 'utf8'), corrected);
});

test('a fix for people shows the patch, what was corrected and how much is left, not the list', async () => {
  plan(faulty);
  const { stdout } = await lints('--fix');
  assert.match(stdout, /\n\nlifeboat\.yaml: written\.\n\nCorrected:\n/);
  assert.match(stdout, /^ {2}lifeboat\.yaml: systems\.uploads\.schedule: daily at .* \[rpo-schedule\]$/m);
  assert.match(stdout, /\n\nLeft: 0 errors, \d+ warnings?, \d+ notes?\. `lifeboat lint` lists them\.\n$/);
  assert.doesNotMatch(stdout, /^[!i] \d+ /m);
});

test('fields that are not yet executed are one note, and what is not backed up at all stands first', async () => {
  const fields = 'retention: { daily: 7 }, logs: { method: archive }';
  plan(`${head.replace('./away', 'gs://bucket/shop')}systems:
  uploads: { source: { kind: files, paths: [./x] }, schedule: hourly, checks: [files] }
  orders: { source: { kind: mysql, connection: { host: db } }, schedule: hourly, ${fields} }
drills: { away: { kind: full, every: quarterly } }
`);
  const { stdout } = await lints();
  const [, notes = ''] = stdout.split('\ni ');
  const [heading, gaps = ''] = notes.split('\n\n');
  const lines = jsonLines(await lints('--json')).filter(({ severity }) => severity === 'info');
  const unexecuted = lines.filter(({ rule }) => rule === 'not-executed');
  assert.equal(heading, `${lines.length} notes`);
  assert.match(
    gaps,
    /^ {2}lifeboat\.yaml:3:\d+: note: the vault away is not opened yet: only folders, S3 and Azure are\n/,
  );
  assert.match(gaps, /\n {2}lifeboat\.yaml:7:\d+: note: nothing of orders is captured yet: [^\n]*$/);
  const folded =
    /^ {2}(\d+) fields are declared, not yet executed: (drills, .*) \(`lifeboat lint --notes`/m.exec(stdout);
  assert.equal(folded?.[1], String(unexecuted.length - 2));
  assert.match(folded[2] ?? '', /systems\.logs/);
  assert.doesNotMatch(stdout, /note: the log of orders is declared/);
  const all = await lints('--notes');
  assert.match(
    all.stdout,
    /note: the log of orders is declared, not yet kept: only that of PostgreSQL .* \[not-executed\]$/m,
  );
  assert.doesNotMatch(all.stdout, /fields are declared/);
  assert.ok(unexecuted.length > 4 && unexecuted.every((line) => !('declares' in line)));
});

test('a path that this machine does not have is a note', async () => {
  plan(faulty);
  fs.mkdirSync(join(scene.path, 'here'));
  const { stdout } = await lints();
  assert.match(stdout, /note: the source of uploads: not there on this machine: \.\/uploads \[not-there\]/);
  assert.match(stdout, /note: the vault away: not there/);
  assert.doesNotMatch(stdout, /the vault here: not there/);
  fs.rmdirSync(join(scene.path, 'here'));
});

test('a finding in an included file is corrected there, through its link', async () => {
  const [top = '', systems = ''] = faulty.split('\nsystems:');
  const main = plan(`include: [parts/systems.yaml]\n${top}`);
  fs.mkdirSync(join(scene.path, 'parts'));
  const part = plan(`systems:${systems}`, 'real.yaml');
  fs.symlinkSync('../real.yaml', join(scene.path, 'parts/systems.yaml'));
  const before = fs.readFileSync(main, 'utf8');
  const run = await lints('--fix');
  assert.match(run.stdout, /^\+\+\+ parts\/systems\.yaml$/m);
  assert.equal(fs.readFileSync(part, 'utf8'), `systems:${corrected.split('\nsystems:')[1]}`);
  assert.equal(fs.readFileSync(main, 'utf8'), before);
  assert.ok(fs.lstatSync(join(scene.path, 'parts/systems.yaml')).isSymbolicLink());
  fs.rmSync(join(scene.path, 'parts'), { recursive: true });
});

test('secrets do not show in a difference', async () => {
  const secrets = ['tok-8f31c0', 'second-77ab', 'third-90cd'];
  const [first, second, third] = secrets;
  const notes = `description: |\n      token: ${first}\n      password: |\n\n        one\n        ${second}\n      to ftp://u:${third}@h/`;
  plan(faulty.replace('uploads:   # keep this', (words) => `${words}\n    ${notes}`));
  const run = await cliEnds(6, { ...options, secrets }, 'lint', '--fix', '--dry-run');
  assert.match(run.stdout, /ftp:\/\/u:•+@h/);
  await cliEnds(6, { ...options, secrets }, 'lint', '--sarif');
  await cli({ ...options, secrets }, 'lint', '--fix', '--json');
});

test('many findings of one kind stand under one heading, all of them', async () => {
  const names = Array.from({ length: 7 }, (_, index) => `s${index}`);
  plan(
    `${head}systems:\n${names.map((name) => `  ${name}: { source: { kind: files, paths: [./x] }, schedule: hourly }\n`).join('')}`,
  );
  const { stdout } = await lints();
  assert.equal(stdout.split('7 × no-check (T11): nothing says when restored data is good').length, 2);
  for (const name of names) assert.ok(stdout.includes(`${name} has no check`), name);
  assert.equal(
    stdout.split('A restore can only show').length + stdout.split('so a restore can only show').length,
    3,
  );
  await cliEnds(6, options, 'lint', '--strict');
  assert.equal(lastLine(await cliEnds(6, options, 'lint', '--strict', '--json'))['warnings'] !== 0, true);
});

test('SARIF alone is on standard output', async () => {
  plan(faulty);
  const log = JSON.parse((await cliEnds(6, options, 'lint', '--sarif')).stdout);
  assert.equal(log.version, '2.1.0');
  const { results } = log.runs[0];
  assert.equal(results[0].locations[0].physicalLocation.artifactLocation.uri, 'lifeboat.yaml');
  assert.ok(results.filter((result: { fixes?: unknown }) => result.fixes !== undefined).length >= 3);
});

test('rules are listed and explained by id and by number', async () => {
  const { stdout } = await cliEnds(0, options, 'lint', '--rules');
  assert.match(stdout, /^RULE\s+NUMBER\s+SEVERITY\s+FINDS\n/);
  assert.match(stdout, /^rpo-schedule\s+T4\b.*\s+error\s+the schedule cannot meet the RPO$/m);
  const rules = jsonLines(await cliEnds(0, options, 'lint', '--rules', '--json')).slice(0, -1);
  const pairs = rules.flatMap(({ id, numbers }) =>
    Array.isArray(numbers) ? numbers.map((number) => ({ id: String(id), number: String(number) })) : [],
  );
  assert.ok(rules.length > 10 && pairs.length > 6);
  // each start takes a while, so not every rule is asked for
  for (const { id, number } of pairs.filter((_, index) => index % 7 === 0)) {
    for (const name of [id, number, number.toLowerCase()]) {
      const run = await cliEnds(0, options, 'lint', '--explain', name);
      assert.ok(run.stdout.includes(id), `${name} explains ${id}`);
    }
  }
  assert.match((await cliEnds(2, options, 'lint', '--explain', 'T99')).stderr, /--rules/);
});

test('what contradicts itself is refused', async () => {
  const path = plan(faulty);
  for (const words of [
    ['--dry-run'],
    ['--sarif', '--json'],
    ['--sarif', '--fix'],
    ['--fix', '--profile', 'x'],
  ])
    await cliEnds(2, options, 'lint', ...words);
  fs.writeFileSync(
    path,
    Buffer.concat([Buffer.from(`${faulty}# caf`), Buffer.from([0xe9]), Buffer.from('\n')]),
  );
  const run = await cliEnds(1, options, 'lint', '--fix');
  assert.match(run.stderr, /is not UTF-8/);
});
