/** `lifeboat init`, by flags and by questions on a terminal: what it makes, and what it leaves when it fails. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import { resolvePlan } from '../../src/plan/resolve-plan.ts';
import { openRepository } from '../../src/repository/repository.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type CliOptions, cli, cliEnds, environmentOf, jsonLines, program } from './cli-process.ts';

const settingsSecret = 'sk_live_do_not_print_me';
const recoveryKeyPattern = /(?:[0-9A-Z]{4}-){12}[0-9A-Z]{4}/;

let scene: TemporaryFolder;
let options: CliOptions;

beforeEach(() => {
  scene = temporaryFolder();
  const shop = at('shop');
  fs.mkdirSync(join(shop, 'uploads'), { recursive: true });
  fs.writeFileSync(join(shop, 'uploads', 'a.jpg'), 'picture');
  fs.writeFileSync(join(shop, '.env'), `PAYMENT_KEY=${settingsSecret}\n`);
  using database = new DatabaseSync(join(shop, 'orders.db'));
  database.exec('create table orders(id integer primary key); insert into orders values (1), (2)');
  options = {
    folder: shop,
    environment: {
      LIFEBOAT_PASSWORD: undefined,
      HOME: scene.path,
      XDG_CONFIG_HOME: at('config'),
      XDG_CACHE_HOME: at('cache'),
      LIFEBOAT_STATE_DIR: at('state'),
      TZ: 'UTC',
    },
    secrets: [settingsSecret],
  };
});

afterEach(() => scene[Symbol.dispose]());

function at(...names: readonly string[]): string {
  return join(scene.path, ...names);
}

function planAt(path: string) {
  const { plan, findings } = parsePlan(fs.readFileSync(path, 'utf8'), path);
  assert.ok(plan !== undefined, JSON.stringify(findings));
  return resolvePlan(plan);
}

const flags = ['--yes', '--no-recovery-key'] as const;

test('a folder becomes a plan that lints, backs up and is proven', async () => {
  const recovery = at('recovery-key');
  const made = await cliEnds(
    0,
    options,
    ...[
      'init',
      '--yes',
      '--json',
      '--vault',
      at('one'),
      '--vault',
      '../two',
      '--recovery-key-file',
      recovery,
    ],
  );
  const lines = jsonLines(made);
  assert.deepEqual(
    lines.map(({ type }) => type),
    ['vault', 'vault', 'recovery_key', 'system', 'system', 'system', 'plan', 'warning', 'warning', 'summary'],
  );
  const next = ['lint', 'backup', 'verify', 'key test'].map((name) => `lifeboat ${name}`);
  assert.deepEqual(lines.at(-1)?.['next'], next);
  const key = fs.readFileSync(recovery, 'utf8').trim();
  assert.match(key, new RegExp(`^${recoveryKeyPattern.source}$`));
  assert.ok(!made.stdout.includes(key) && !made.stderr.includes(key), 'the recovery key is in its file only');
  for (const file of [
    recovery,
    at('config/lifeboat/keys/shop-primary'),
    at('config/lifeboat/keys/shop-secondary'),
  ])
    assert.equal(fs.statSync(file).mode & 0o777, 0o600, file);
  await cliEnds(0, options, 'lint');
  await cliEnds(0, options, 'backup');
  const verified = await cliEnds(0, options, 'verify');
  assert.match(verified.stdout, /orders is complete/);
  const withKey = { ...options, environment: { ...options.environment, LIFEBOAT_PASSWORD: key } };
  for (const vault of ['one', 'two'])
    await cliEnds(0, { ...withKey, secrets: [key] }, 'rescue', 'check', '--vault', at(vault));
});

test('the two vaults cut files at the same places, so that they hold the same objects', async () => {
  await cliEnds(0, options, 'init', ...flags, '--vault', at('one'), '--vault', at('two'));
  const polynomials: bigint[] = [];
  for (const [place, name] of [
    ['one', 'primary'],
    ['two', 'secondary'],
  ] as const) {
    const password = fs.readFileSync(at('config/lifeboat/keys', `shop-${name}`), 'utf8').trimEnd();
    await using repository = await openRepository({ store: openLocalStore(at(place)), password });
    polynomials.push(repository.chunkerPolynomial);
  }
  assert.equal(polynomials[0], polynomials[1]);
});

test('systems, objectives and names of the command line are taken as they are', async () => {
  await cliEnds(
    0,
    options,
    ...['init', ...flags, '--vault', at('one'), '--name', 'My "shop"', '--owner', 'Jane', '--rpo', '30 min'],
    ...['--rto', '1 h', '--time-zone', 'Europe/Berlin', '--plan', at('plan.yaml')],
    ...['--system', 'orders=sqlite:orders.db', '--system', 'up=files:uploads,.env'],
  );
  const { metadata, systems, vaults } = planAt(at('plan.yaml'));
  assert.equal(metadata.name, 'My "shop"');
  assert.equal(metadata.timeZone, 'Europe/Berlin');
  assert.deepEqual(
    systems.map(({ name }) => name),
    ['orders', 'up'],
  );
  assert.equal(systems[0]?.objectives.rpo?.valueMs, 30 * 60_000);
  assert.deepEqual(
    vaults.map(({ location, role }) => [location, role]),
    [['./one', 'primary']],
  );
  await cliEnds(0, options, 'backup', '--plan', at('plan.yaml'));
});

test('where nobody can be asked, everything that is missing is named at once', async () => {
  const { stderr } = await cliEnds(2, options, 'init');
  assert.match(stderr, /lacks --yes, --vault LOCATION, --recovery-key-file FILE \(or --no-recovery-key\)/);
  assert.deepEqual(
    fs.readdirSync(scene.path).filter((name) => name !== 'cache'),
    ['shop'],
  );
});

test('what cannot stand in a plan is refused before anything is made', async () => {
  const vault = ['--vault', at('one')];
  const cases: readonly (readonly [number, RegExp, readonly string[]])[] = [
    [2, /an RPO of 6 min or more/, [...vault, '--rpo', '1 min']],
    [2, /too seldom for the RPO of 1 h/, [...vault, '--rpo', '1 h', '--schedule', 'daily at 02:00']],
    [2, /no such zone/, [...vault, '--time-zone', 'Berlin']],
    [2, /is inside .*uploads, which uploads backs up/, ['--vault', 'uploads/vault']],
    [2, /inside another one, or named twice/, [...vault, ...vault]],
    [2, /is not empty and is no vault/, ['--vault', at('shop')]],
    [2, /keeps its vaults in folders/, ['--vault', 's3://bucket/x']],
    [2, /is not understood/, [...vault, '--system', 'a=postgres:x']],
    [2, /cannot be the name of a system/, [...vault, '--system', 'a b=files:uploads']],
    [1, /is not there/, [...vault, '--system', 'a=files:gone']],
    [1, /is not an SQLite database/, [...vault, '--system', 'a=sqlite:.env']],
    [2, /is still a placeholder|would have an error/, [...vault, '--owner', 'TODO']],
    [1, /cannot be written into/, [...vault, '--plan', 'gone/plan.yaml']],
  ];
  for (const [exitCode, words, extra] of cases) {
    const { stderr } = await cliEnds(exitCode, options, 'init', ...flags, ...extra);
    assert.match(stderr, words);
    assert.deepEqual(
      fs.readdirSync(scene.path).filter((name) => name !== 'cache'),
      ['shop'],
      stderr,
    );
  }
});

test('a plan is never overwritten unasked, and kept aside when it is', async () => {
  const plan = join(options.folder, 'lifeboat.yaml');
  fs.writeFileSync(plan, 'mine\n');
  const { stderr } = await cliEnds(1, options, 'init', ...flags, '--vault', at('one'));
  assert.match(stderr, /there is a plan at .*lifeboat\.yaml already/);
  assert.equal(fs.readFileSync(plan, 'utf8'), 'mine\n');
  await cliEnds(0, options, 'init', ...flags, '--vault', at('one'), '--force');
  const [aside = ''] = fs
    .readdirSync(options.folder)
    .filter((name) => name.startsWith('lifeboat.yaml.before-'));
  assert.equal(fs.readFileSync(join(options.folder, aside), 'utf8'), 'mine\n');
  assert.equal(planAt(plan).systems.length, 3);
});

test("another vault's key is never overwritten, and a vault that is there is used with its key", async () => {
  const keys = at('config/lifeboat/keys');
  fs.mkdirSync(keys, { recursive: true });
  fs.writeFileSync(join(keys, 'shop-primary'), 'of another vault\n');
  await cliEnds(0, options, 'init', ...flags, '--vault', at('one'));
  assert.equal(fs.readFileSync(join(keys, 'shop-primary'), 'utf8'), 'of another vault\n');
  const [own = ''] = fs.readdirSync(keys).filter((name) => name !== 'shop-primary');
  assert.match(own, /^shop-primary-[0-9a-f]{8}$/);
  const again = ['init', ...flags, '--force', '--vault', at('one'), '--json'];
  const made = await cliEnds(0, options, ...again, '--key-file', join(keys, own));
  assert.equal(jsonLines(made)[0]?.['made'], false);
  await cliEnds(12, options, ...again, '--key-file', join(keys, 'shop-primary'));
});

test('with a password in the environment no key file is made and the plan names none', async () => {
  const environment = { ...options.environment, LIFEBOAT_PASSWORD: 'from the environment' };
  const given = { ...options, environment, secrets: ['from the environment'] };
  await cliEnds(0, given, 'init', ...flags, '--vault', at('one'));
  assert.ok(!fs.existsSync(at('config')));
  assert.equal(planAt(join(options.folder, 'lifeboat.yaml')).vaults[0]?.password, undefined);
  await cliEnds(0, given, 'backup');
  const both = await cli(given, 'init', ...flags, '--force', '--vault', at('two'), '--key-file', at('k'));
  assert.match(both.stderr, /--key-file is given, and LIFEBOAT_PASSWORD is set/);
});

/** A question that never comes ends the test instead of holding it. */
const terminalMsMax = 30_000;

type Answer = readonly [question: RegExp, keys: string];

/** Runs on a terminal of its own; types each answer after its question has appeared. */
async function onTerminal(words: readonly string[], answers: readonly Answer[]) {
  const line = [process.execPath, program, ...words].map((word) => `'${word}'`).join(' ');
  const env = { ...environmentOf(options), TERM: 'xterm' };
  const child = spawn('script', ['-qec', `stty cols 120 rows 50; ${line}`, '/dev/null'], {
    cwd: options.folder,
    env,
    timeout: terminalMsMax,
  });
  const waiting = [...answers];
  let seen = '';
  let since = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
    since += text;
    const [next] = waiting;
    if (next === undefined || !next[0].test(since)) return;
    waiting.shift();
    since = '';
    child.stdin.write(next[1]);
  });
  const exitCode = await new Promise<number | null>((done) => child.once('close', done));
  assert.deepEqual(waiting, [], seen);
  assert.ok(!seen.includes(settingsSecret));
  return { exitCode, seen };
}

const enter = '\r';
const clearLine = '\u0015';

test('on a terminal it asks, shows the recovery key once, and makes what was agreed', async () => {
  const run = await onTerminal(
    ['init'],
    [
      [/What must survive\?/, enter],
      [/Anything else\?/, enter],
      [/What is the plan for\?/, enter],
      [/Who answers for it\?/, `${clearLine}Jane${enter}`],
      [/RPO: /, `${clearLine}4 h${enter}`],
      [/RTO: /, enter],
      [/time zone\?/, enter],
      [/When are backups taken\?[\s\S]*every 2h/, enter],
      [/Where does the vault go\?/, `${clearLine}~/one${enter}`],
      [/A second vault/, enter],
      [/A recovery key/, enter],
      [/Make it\?/, enter],
    ],
  );
  assert.equal(run.exitCode, 0, run.seen);
  const keys = run.seen.match(new RegExp(recoveryKeyPattern, 'g')) ?? [];
  assert.equal(keys.length, 1);
  assert.match(run.seen, /lifeboat verify/);
  const plan = planAt(join(options.folder, 'lifeboat.yaml'));
  assert.equal(plan.metadata.owner, 'Jane');
  assert.deepEqual(
    plan.systems.map(({ name }) => name),
    ['orders-db', 'uploads', 'settings'],
  );
  const withKey = { ...options, environment: { ...options.environment, LIFEBOAT_PASSWORD: keys[0] } };
  await cliEnds(0, withKey, 'rescue', 'check', '--vault', at('one'));
});

test('given up at a question or not agreed to, nothing is made', async () => {
  const given = ['init', '--name', 'x', '--owner', 'x', '--rpo', '2 h', '--rto', '2 h', '--time-zone', 'UTC'];
  const rest = [...given, '--schedule', 'hourly', '--vault', at('one'), '--no-recovery-key'];
  const which: Answer = [/What must survive\?/, enter];
  const more: Answer = [/Anything else\?/, enter];
  const cancelled = await onTerminal(rest, [which, [/Anything else\?/, '\u0003']]);
  assert.equal(cancelled.exitCode, 130, cancelled.seen);
  assert.match(cancelled.seen, /cancelled at a question/);
  const refused = await onTerminal(rest, [which, more, [/Make it\?/, 'n']]);
  assert.equal(refused.exitCode, 0, refused.seen);
  assert.match(refused.seen, /Nothing was made/);
  assert.deepEqual(
    fs.readdirSync(scene.path).filter((name) => name !== 'cache'),
    ['shop'],
  );
  assert.ok(!fs.existsSync(join(options.folder, 'lifeboat.yaml')));
});
