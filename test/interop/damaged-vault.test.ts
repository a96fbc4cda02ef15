/** Every way in which a vault on disk can be broken or busy: the error names the object, says what to do, and has its exit code. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as nextTurn } from 'node:timers/promises';
import { type ExitCode, exitCodes } from '../../src/error/codes.ts';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import type { CheckFinding } from '../../src/repository/repository-types.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { runRestic } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo } from '../support/vault.ts';

interface Expected {
  readonly exitCode: ExitCode;
  /** In the message, or in the key of a finding. */
  readonly names: RegExp;
  readonly hint: RegExp;
}

async function expectError(work: Promise<unknown>, { exitCode, names, hint }: Expected): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof LifeboatError, String(error));
    assert.equal(error.exitCode, exitCode, error.message);
    assert.match(error.message, names);
    assert.match(error.hint ?? '', hint);
    return true;
  });
}

/** A vault with one snapshot of one folder; each test breaks a copy of its own. */
async function withVault(work: (vaultPath: string, root: string) => Promise<void>): Promise<void> {
  using folder = temporaryFolder();
  const vaultPath = join(folder.path, 'vault');
  mkdirSync(join(folder.path, 'data'));
  writeFileSync(join(folder.path, 'data', 'file'), seededRandom(1).bytes(100_000));
  writeFileSync(join(folder.path, 'data', 'other'), 'other');
  {
    await using vault = await makeVault(vaultPath, { workers: 1 });
    await backUp(vault, join(folder.path, 'data'));
  }
  await work(vaultPath, folder.path);
}

/** All objects of a kind, largest first: the first of `data` holds the files, the last the trees. */
function objects(vaultPath: string, kind: string): string[] {
  const names = readdirSync(join(vaultPath, kind), { recursive: true, encoding: 'utf8' });
  const keys = names.filter((name) => /[0-9a-f]{64}$/.test(name)).map((name) => `${kind}/${name}`);
  const size = (key: string) => readFileSync(join(vaultPath, key)).length;
  return keys.sort((a, b) => size(b) - size(a));
}

function only(vaultPath: string, kind: string): string {
  const [key] = objects(vaultPath, kind);
  assert.ok(key);
  return key;
}

function flip(vaultPath: string, key: string, at: number): void {
  const bytes = readFileSync(join(vaultPath, key));
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  rmSync(join(vaultPath, key));
  writeFileSync(join(vaultPath, key), bytes);
}

async function findings(vaultPath: string): Promise<readonly CheckFinding[]> {
  await using vault = await openVault(vaultPath);
  return (await vault.check({ readData: 'all' })).errors;
}

async function expectFinding(vaultPath: string, key: string, what: RegExp): Promise<void> {
  const errors = await findings(vaultPath);
  const found = errors.find(({ object }) => object === key);
  assert.ok(found, `${key} among ${JSON.stringify(errors)}`);
  assert.match(found.what, what);
  assert.notEqual(found.hint, '');
}

test('a wrong password', () =>
  withVault(async (vaultPath) => {
    await expectError(openVault(vaultPath, { password: 'wrong' }), {
      exitCode: exitCodes.wrongPassword,
      names: /opens none of the 1 keys/,
      hint: /LIFEBOAT_PASSWORD/,
    });
  }));

test('no vault at all, and a vault in the place of a new one', () =>
  withVault(async (vaultPath, root) => {
    const noVault = { exitCode: exitCodes.noVault, names: /no vault/, hint: /vault init/ };
    await expectError(openVault(join(root, 'nothing')), noVault);
    await expectError(makeVault(vaultPath), {
      exitCode: exitCodes.error,
      names: /there is a repository/,
      hint: /another location/,
    });
  }));

test('a truncated key is passed over, and named where it is the only one', () =>
  withVault(async (vaultPath) => {
    const first = only(vaultPath, 'keys');
    {
      await using vault = await openVault(vaultPath);
      await vault.addKey('second');
    }
    truncateSync(join(vaultPath, first), 100);
    await using vault = await openVault(vaultPath, { password: 'second' });
    assert.deepEqual(
      (await vault.check()).errors.map(({ object }) => object),
      [first],
    );
    assert.match((await vault.keys()).find((key) => first.endsWith(key.id))?.problem ?? '', /not valid JSON/);
    await expectError(openVault(vaultPath), {
      exitCode: exitCodes.wrongPassword,
      names: new RegExp(`damaged key files: ${first}`),
      hint: /recovery key/,
    });
    for (const key of objects(vaultPath, 'keys')) if (key !== first) rmSync(join(vaultPath, key));
    await expectError(openVault(vaultPath), {
      exitCode: exitCodes.damaged,
      names: new RegExp(first),
      hint: /another copy/,
    });
  }));

test('a flipped bit in a key', () =>
  withVault(async (vaultPath) => {
    const key = only(vaultPath, 'keys');
    const salt = readFileSync(join(vaultPath, key), 'utf8').indexOf('"salt":"') + 20;
    flip(vaultPath, key, salt);
    await expectError(openVault(vaultPath), {
      exitCode: exitCodes.damaged,
      names: new RegExp(key),
      hint: /another copy/,
    });
  }));

test('a missing or damaged config', () =>
  withVault(async (vaultPath) => {
    flip(vaultPath, 'config', 40);
    const damaged = { exitCode: exitCodes.damaged, names: /config/, hint: /./ };
    await expectError(openVault(vaultPath), damaged);
    truncateSync(join(vaultPath, 'config'), 10);
    await expectError(openVault(vaultPath), damaged);
    rmSync(join(vaultPath, 'config'));
    await expectError(openVault(vaultPath), {
      exitCode: exitCodes.missingObject,
      names: /config/,
      hint: /another copy/,
    });
  }));

test('a pack that is cut short, deleted, or has a wrong bit in its data or header', () =>
  withVault(async (vaultPath, root) => {
    const key = only(vaultPath, 'data');
    const whole = readFileSync(join(vaultPath, key));
    flip(vaultPath, key, 1000);
    await expectFinding(vaultPath, key, /name promises/);
    flip(vaultPath, key, 1000);
    flip(vaultPath, key, -20);
    await expectFinding(vaultPath, key, /name promises/);
    flip(vaultPath, key, -2);
    await expectFinding(vaultPath, key, /name promises/);
    rmSync(join(vaultPath, key));
    writeFileSync(join(vaultPath, key), whole.subarray(0, 5000));
    await expectFinding(vaultPath, key, /5000 bytes long instead of/);
    rmSync(join(vaultPath, key));
    await expectFinding(vaultPath, key, /is missing/);
    await using vault = await openVault(vaultPath);
    const { problems } = await restoreTo(vault, 'latest', join(root, 'target'));
    assert.deepEqual(problems.map(({ path }) => path).sort(), [`${root}/data/file`, `${root}/data/other`]);
    for (const { reason } of problems) assert.ok(reason.includes(key), reason);
    assert.deepEqual(readdirSync(join(root, 'target', root, 'data')), []);
  }));

test('a damaged pack of trees', () =>
  withVault(async (vaultPath, root) => {
    const key = objects(vaultPath, 'data').at(-1) ?? '';
    flip(vaultPath, key, 20);
    await expectFinding(
      vaultPath,
      key,
      /^tree [0-9a-f]{64} of snapshot .* does not pass its authentication$/,
    );
    await using vault = await openVault(vaultPath);
    const damaged = { exitCode: exitCodes.damaged, names: new RegExp(key), hint: /./ };
    await expectError(restoreTo(vault, 'latest', join(root, 'target')), damaged);
    const parent = await vault.snapshot('latest');
    await expectError(backUp(vault, join(root, 'data'), { parent }), damaged);
  }));

test('an index that is damaged or missing', () =>
  withVault(async (vaultPath, root) => {
    const key = only(vaultPath, 'index');
    flip(vaultPath, key, 20);
    await expectFinding(vaultPath, key, /name promises/);
    {
      await using vault = await openVault(vaultPath);
      const damaged = { exitCode: exitCodes.damaged, names: new RegExp(key), hint: /repair index/ };
      await expectError(restoreTo(vault, 'latest', join(root, 'target')), damaged);
      await expectError(backUp(vault, join(root, 'data')), damaged);
    }
    rmSync(join(vaultPath, key));
    await using vault = await openVault(vaultPath);
    const [finding] = (await vault.check()).errors;
    assert.match(
      `${finding?.object} ${finding?.what}`,
      /^index lacks \d+ blobs that snapshots need, .*: one is gone$/,
    );
    assert.match(finding?.hint ?? '', /index/);
    await expectError(restoreTo(vault, 'latest', join(root, 'target')), {
      exitCode: exitCodes.missingObject,
      names: /no index file knows the tree blob/,
      hint: /repair index/,
    });
  }));

test('a damaged snapshot', () =>
  withVault(async (vaultPath) => {
    const key = only(vaultPath, 'snapshots');
    flip(vaultPath, key, 20);
    await expectFinding(vaultPath, key, /name promises/);
    await using vault = await openVault(vaultPath);
    await expectError(vault.snapshots(), {
      exitCode: exitCodes.damaged,
      names: new RegExp(key),
      hint: /another/,
    });
  }));

test('a damaged lock', { timeout: 60_000 }, () =>
  withVault(async (vaultPath, root) => {
    const key = `locks/${'ab'.repeat(32)}`;
    writeFileSync(join(vaultPath, key), 'not a lock');
    await using vault = await openVault(vaultPath);
    await expectError(backUp(vault, join(root, 'data')), {
      exitCode: exitCodes.damaged,
      names: new RegExp(key),
      hint: /unlock --all/,
    });
    assert.equal(await vault.unlock(true), 1);
    await backUp(vault, join(root, 'data'));
  }),
);

test('a lock of a living restic is respected', () =>
  withVault(async (vaultPath, root) => {
    const restic = { repository: vaultPath };
    mkdirSync(join(root, 'stream'));
    const child = spawn('restic', ['--no-cache', '-r', vaultPath, 'backup', '--stdin'], {
      stdio: ['pipe', 'ignore', 'inherit'],
      env: { ...process.env, RESTIC_PASSWORD: 'correct horse battery staple' },
    });
    const exited = once(child, 'exit');
    child.stdin.write('begun');
    while (objects(vaultPath, 'locks').length === 0) await nextTurn(20);
    const [key] = objects(vaultPath, 'locks');
    await using vault = await openVault(vaultPath);
    await vault.addKey('second');
    await using second = await openVault(vaultPath, { password: 'second' });
    const [id] = (await second.keys()).filter((each) => !each.current);
    await expectError(second.removeKey(id?.id ?? ''), {
      exitCode: exitCodes.locked,
      names: new RegExp(`locked shared by process ${child.pid} of .*${key?.slice(0, 14)}`),
      hint: /Wait/,
    });
    await backUp(vault, join(root, 'data'));
    assert.equal(await vault.unlock(false), 0);
    child.stdin.end();
    assert.deepEqual(await exited, [0, null]);
    assert.equal((await runRestic(restic, 'check')).exitCode, 0);
  }));

test('our lock is respected by restic', () =>
  withVault(async (vaultPath, root) => {
    await using vault = await openVault(vaultPath);
    await vault.write(async () => {
      const refused = await runRestic({ repository: vaultPath }, 'forget', '--keep-last', '1', '--prune');
      assert.notEqual(refused.exitCode, 0);
      assert.match(refused.stderr, /already locked.*by PID/s);
      assert.ok(refused.stderr.includes(`PID ${process.pid}`), refused.stderr);
      const shared = await runRestic({ repository: vaultPath }, 'backup', join(root, 'data'));
      assert.equal(shared.exitCode, 0, shared.stderr);
      const unlocked = await runRestic({ repository: vaultPath }, 'unlock');
      assert.equal(unlocked.exitCode, 0);
      assert.equal(objects(vaultPath, 'locks').length, 1);
    });
    assert.deepEqual(objects(vaultPath, 'locks'), []);
  }));
