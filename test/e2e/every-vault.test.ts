/** Without --vault a check and a key test look at every vault of the plan, and a repair says at which it did not look. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type CliOptions, type CliRun, cliEnds, type JsonLine, jsonLines, lastLine } from './cli-process.ts';

let scene: TemporaryFolder;
let options: CliOptions;
const at = (...names: readonly string[]) => join(scene.path, ...names);
const keyOf = (vault: string) => ['--recovery-key-file', `${vault}.key`];

before(async () => {
  scene = temporaryFolder();
  mkdirSync(at('uploads'));
  writeFileSync(at('uploads', 'a.txt'), 'hello\n'.repeat(10_000));
  const plan = {
    version: 1,
    metadata: { id: '8d1f6a3e-52a7-4a6e-9a43-5a4f6a1c2b77', name: 'Shop', owner: 'Jane Doe' },
    // the primary one is not the first
    vaults: { away: { location: './away', role: 'secondary' }, here: { location: './here' } },
    systems: {
      uploads: {
        source: { kind: 'files', paths: ['./uploads'] },
        schedule: 'monthly on the 1st at 04:00',
        checks: ['files'],
      },
    },
  };
  writeFileSync(at('lifeboat.yaml'), JSON.stringify(plan));
  options = { folder: scene.path };
  for (const vault of ['here', 'away']) await cliEnds(0, options, 'vault', 'init', vault, ...keyOf(vault));
  options = {
    ...options,
    secrets: ['here', 'away'].map((name) => readFileSync(at(`${name}.key`), 'utf8').trim()),
  };
  await cliEnds(0, options, 'backup');
});

after(() => scene[Symbol.dispose]());

/** The entries of the summary that names every vault. */
function vaultsOf(run: CliRun): readonly JsonLine[] {
  const summary = jsonLines(run).find(({ type }) => type === 'summary');
  assert.ok(Array.isArray(summary?.['vaults']));
  return summary['vaults'];
}

/** Its data are as before, whatever `act` does to them; its records stay, for this machine would miss them. */
async function withDataOf(vault: string, act: () => Promise<void>): Promise<void> {
  cpSync(at(vault, 'data'), at('kept'), { recursive: true });
  try {
    await act();
  } finally {
    rmSync(at(vault, 'data'), { recursive: true, force: true });
    renameSync(at('kept'), at(vault, 'data'));
  }
  // what was found stands until every byte was found right
  await cliEnds(0, options, 'check', '--read-data', '--vault', vault);
}

function damagePack(vault: string): void {
  const [pack = ''] = readdirSync(at(vault, 'data'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.length > 60,
  );
  const bytes = readFileSync(at(vault, 'data', pack));
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  rmSync(at(vault, 'data', pack));
  writeFileSync(at(vault, 'data', pack), bytes);
}

test('a check looks at every vault, the primary one first, and --vault at one', async () => {
  const all = vaultsOf(await cliEnds(0, options, 'check', '--json'));
  assert.deepEqual(
    all.map(({ vault, errors, snapshots }) => [vault, errors, snapshots]),
    [
      ['here', 0, 1],
      ['away', 0, 1],
    ],
  );
  const one = lastLine(await cliEnds(0, options, 'check', '--vault', 'away', '--json'));
  assert.deepEqual([one['location'], one['vaults']], [at('away'), undefined]);
  const proved = vaultsOf(await cliEnds(0, options, 'vault', 'check', '--json'));
  assert.deepEqual(
    proved.map(({ vault, verdict }) => [vault, verdict]),
    [
      ['here', 'pass'],
      ['away', 'pass'],
    ],
  );
  await cliEnds(2, options, 'check', '--subset', '9/7');
});

test('damage of the second vault is found without naming it, and each finding says where', async () => {
  await withDataOf('away', async () => {
    damagePack('away');
    const run = await cliEnds(13, options, 'check', '--read-data', '--json');
    const findings = jsonLines(run).filter(({ type }) => type === 'finding');
    assert.ok(findings.length > 0);
    assert.ok(findings.every(({ vault }) => vault === 'away'));
    assert.deepEqual(
      vaultsOf(run).map(({ exit_code: code }) => code),
      [0, 13],
    );
    assert.match((await cliEnds(13, options, 'check', '--read-data')).stdout, /^away\n.*damage/m);
    const shown = await cliEnds(7, options, 'status');
    assert.match(
      shown.stdout.replaceAll(/\s+/g, ' '),
      /proof: damage was found in the vault away, and no sound point .* → lifeboat repair heal --vault away/,
    );
    assert.match(shown.stdout, /ok +re-read +100% read back within 30 d/, 'of the sound one');
  });
});

test('a vault that is away neither hides damage of another one nor is taken for sound', async () => {
  renameSync(at('here'), at('unmounted'));
  try {
    const away = await cliEnds(10, options, 'check', '--json');
    assert.deepEqual(
      vaultsOf(away).map(({ vault, exit_code: code }) => [vault, code]),
      [
        ['here', 10],
        ['away', 0],
      ],
    );
    await withDataOf('away', async () => {
      damagePack('away');
      const both = await cliEnds(13, options, 'check', '--read-data');
      assert.match(both.stderr, /warning: vault here: there is no vault at/);
    });
  } finally {
    renameSync(at('unmounted'), at('here'));
  }
});

test('a vault of a kind that is not opened is told as not looked at, and is no error of the command line', async () => {
  const plan = JSON.parse(readFileSync(at('lifeboat.yaml'), 'utf8'));
  const nas = { location: 'sftp://nas.example/shop', role: 'secondary' };
  writeFileSync(at('nas.yaml'), JSON.stringify({ ...plan, vaults: { nas, ...plan.vaults } }));
  const withNas = ['--plan', 'nas.yaml'];
  for (const words of [['check'], ['vault', 'check'], ['key', 'test', ...keyOf('away')]]) {
    const run = await cliEnds(1, options, ...words, ...withNas, '--json');
    const summary = jsonLines(run).find(({ type }) => type === 'summary');
    assert.deepEqual(summary?.['not_looked_at'], ['nas'], words.join(' '));
    assert.deepEqual(
      vaultsOf(run).map(({ vault, error, exit_code: code }) => [vault, error, code]),
      [
        ['here', undefined, 0],
        ['nas', 'VAULT_UNSUPPORTED', 1],
        ['away', undefined, 0],
      ],
    );
  }
  assert.match((await cliEnds(1, options, 'check', ...withNas)).stdout, /^nas\nnot looked at: .*"sftp:"/m);
  await cliEnds(1, options, 'check', ...withNas, '--vault', 'nas');
  await cliEnds(2, options, 'check', ...withNas, '--vault', 'sftp://elsewhere.example/shop');
  const healed = await cliEnds(0, options, 'repair', 'heal', ...withNas, '--preview');
  assert.match(healed.stderr, /the vault nas gives nothing/);
});

test('a key is tried on every vault; those that it does not open are named and not called tested', async () => {
  const run = await cliEnds(0, options, 'key', 'test', ...keyOf('away'), '--json');
  assert.deepEqual(lastLine(run)['not_tested'], ['here']);
  assert.match(run.stderr, /not tested: here\. .*lifeboat key test --vault here/);
  const tests = vaultsOf(run).map(({ vault, recovery_key: isOne }) => [vault, isOne]);
  assert.deepEqual(tests, [
    ['here', undefined],
    ['away', true],
  ]);
  writeFileSync(at('wrong.key'), 'opens nothing\n');
  const wrong = await cliEnds(12, options, 'key', 'test', ...keyOf('wrong'));
  assert.match(wrong.stderr, /opens none of the 2 vaults/);
  const configured = await cliEnds(0, options, 'key', 'test', '--configured', '--json');
  assert.deepEqual([vaultsOf(configured).length, lastLine(configured)['not_tested']], [2, undefined]);
});

test('shares of one vault say so when they are tried on another', async () => {
  await cliEnds(
    0,
    options,
    'key',
    'split',
    '--vault',
    'away',
    '--shares',
    '2',
    '--needed',
    '2',
    '--out',
    'shares',
    ...keyOf('away'),
  );
  const shares = [1, 2].flatMap((number) => ['--share-file', `shares/share-${number}-of-2.txt`]);
  const wrong = await cliEnds(
    12,
    options,
    'key',
    'combine',
    '--vault',
    'here',
    '--out',
    'combined',
    ...shares,
  );
  assert.match(wrong.stderr, /made for another vault than the one at .*here/);
  await cliEnds(0, options, 'key', 'test', ...shares);
});

test('a repair of one vault names the others', async () => {
  const run = await cliEnds(0, options, 'repair', 'heal', '--preview', '--json');
  assert.deepEqual(lastLine(run)['not_looked_at'], ['away']);
  assert.match(run.stderr, /not looked at: away; .*--vault away/);
  const named = await cliEnds(0, options, 'repair', 'heal', '--vault', 'here', '--preview', '--json');
  assert.equal(lastLine(named)['not_looked_at'], undefined);
});
