/** Stock restic, old and new, keeps its backups behind `lifeboat vault serve`; our vaults are opened through it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cliEnds } from '../e2e/cli-process.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { startServing } from '../support/serve-process.ts';
import { newerRestic, type ResticOptions, resticMustSucceed, runRestic } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo } from '../support/vault.ts';

const newer = newerRestic();
const programs = ['restic', ...(newer === undefined ? [] : [newer])];
const seed = 4242;
const mib = 1024 * 1024;
const refusedMs = 8000;
const ignore = ['root', 'mtime'] as const;

function makeTree(path: string, bytes: number, at = seed): void {
  const random = seededRandom(at);
  mkdirSync(join(path, 'below'), { recursive: true });
  writeFileSync(join(path, 'large'), random.bytes(bytes));
  writeFileSync(join(path, 'below', 'small'), random.bytes(1000));
}

async function restored(restic: ResticOptions, tree: string, target: string): Promise<void> {
  await resticMustSucceed(restic, 'restore', 'latest', '--target', target);
  assert.deepEqual(compareTrees(tree, join(target, tree), { ignore }), []);
}

for (const program of programs) {
  const version = program === 'restic' ? 'of this system' : 'of a newer release';

  test(`restic ${version}: init, backup, check, restore, forget and prune`, async () => {
    using folder = temporaryFolder();
    const tree = join(folder.path, 'tree');
    makeTree(tree, 3 * mib);
    await using server = await startServing(
      folderOptions(folder),
      '--data',
      'served',
      '--no-auth',
      ...anyPort,
    );
    const restic = { repository: `rest:${server.url}shop/`, program };
    await resticMustSucceed(restic, 'init');
    await resticMustSucceed(restic, 'backup', tree);
    const first = readdirSync(join(folder.path, 'served', 'shop', 'snapshots'));
    makeTree(tree, 2 * mib, seed + 1);
    await resticMustSucceed(restic, 'backup', tree);
    await resticMustSucceed(restic, 'check', '--read-data');
    await restored(restic, tree, join(folder.path, 'out'));
    await resticMustSucceed(restic, 'forget', '--keep-last', '1', '--prune');
    const left = readdirSync(join(folder.path, 'served', 'shop', 'snapshots'));
    assert.equal(left.length, 1);
    assert.ok(!first.includes(left[0] ?? ''));
    await resticMustSucceed(restic, 'check', '--read-data');
    // what was served is a repository like any other
    const direct = { repository: join(folder.path, 'served', 'shop'), program };
    await resticMustSucceed(direct, 'check', '--read-data');
    assert.equal(await server.stop('SIGTERM'), 0);
    assert.ok(server.log.every(({ type, status }) => type !== 'access' || Number(status) < 500));
  });

  test(`restic ${version}: append-only with users and TLS; what is there cannot be taken away`, async () => {
    using folder = temporaryFolder();
    const tree = join(folder.path, 'tree');
    const at = (name: string) => join(folder.path, name);
    makeTree(tree, mib);
    makeCertificate(folder.path);
    writeFileSync(at('pw'), 'a password of web-1\n');
    const options = folderOptions(folder);
    await cliEnds(
      0,
      { ...options, secrets: ['a password of web-1'] },
      ...['vault', 'serve', '--htpasswd', 'users', '--add-user', 'web-1', '--user-password-file', 'pw'],
    );
    const safe = ['--append-only', '--private-repos', '--htpasswd', 'users'];
    const tls = ['--tls-cert', 'cert.pem', '--tls-key', 'key.pem'];
    await using server = await startServing(options, '--data', 'served', ...safe, ...tls, ...anyPort);
    const place = `127.0.0.1:${server.port}/web-1/`;
    const environment = { RESTIC_CACERT: at('cert.pem') };
    const restic = {
      repository: `rest:https://web-1:a%20password%20of%20web-1@${place}`,
      program,
      environment,
    };
    await resticMustSucceed(restic, '--cacert', at('cert.pem'), 'init');
    const run = (...words: readonly string[]) => runRestic(restic, '--cacert', at('cert.pem'), ...words);
    for (let round = 0; round < 2; round++) {
      makeTree(tree, mib, seed + round);
      assert.equal((await run('backup', tree)).exitCode, 0);
    }
    const before = objectsBelow(at('served'));
    // the old restic tries a refused deletion again for minutes; it is stopped, and must not have done harm by then
    const taking = (...words: readonly string[]) =>
      runRestic({ ...restic, timeoutMs: refusedMs }, '--cacert', at('cert.pem'), ...words);
    const taken = await taking('forget', '--keep-last', '1', '--prune');
    assert.notEqual(taken.exitCode, 0);
    await taking('forget', 'latest');
    await run('unlock', '--remove-all');
    await server.until(({ method, status }) => method === 'DELETE' && status === 403);
    for (const [name, bytes] of before) assert.deepEqual(objectsBelow(at('served')).get(name), bytes, name);
    assert.equal((await run('check', '--read-data')).exitCode, 0);
    assert.equal((await run('restore', 'latest', '--target', at('out'))).exitCode, 0);
    assert.deepEqual(compareTrees(tree, join(at('out'), tree), { ignore }), []);
    const stranger = `rest:https://web-1:wrong@${place}`;
    const refused = await runRestic(
      { ...restic, repository: stranger },
      '--cacert',
      at('cert.pem'),
      'snapshots',
    );
    assert.notEqual(refused.exitCode, 0);
    await server.until(({ status }) => status === 401);
    assert.ok(!JSON.stringify(server.log).includes('a password of web-1'));
  });
}

test('a server that is killed in mid-backup and comes back: the very same backup goes on', async () => {
  using folder = temporaryFolder();
  const tree = join(folder.path, 'tree');
  makeTree(tree, 48 * mib);
  const options = folderOptions(folder);
  const first = await startServing(options, '--data', 'served', '--no-auth', ...anyPort);
  const program = programs.at(-1) ?? 'restic';
  const restic = { repository: `rest:${first.url}`, program };
  await resticMustSucceed(restic, 'init');
  const backup = runRestic(restic, '--pack-size', '4', 'backup', tree);
  const isPack = ({ method, path }: Readonly<Record<string, unknown>>) =>
    method === 'POST' && String(path).startsWith('/data/');
  await first.until(isPack, 3);
  await first.stop('SIGKILL');
  assert.ok(!existsSync(join(folder.path, 'served', 'snapshots')), 'the backup is not done');
  await using second = await startServing(
    options,
    ...['--data', 'served', '--no-auth', '--listen', `127.0.0.1:${first.port}`],
  );
  const run = await backup;
  assert.equal(run.exitCode, 0, run.stderr);
  assert.ok(second.log.some(isPack));
  await resticMustSucceed(restic, 'check', '--read-data');
  await restored(restic, tree, join(folder.path, 'out'));
});

test('two clients at once write into one repository', async () => {
  using folder = temporaryFolder();
  await using server = await startServing(
    folderOptions(folder),
    ...['--data', 'served', '--no-auth', '--append-only', ...anyPort],
  );
  const restic = (at: number): ResticOptions => ({
    repository: `rest:${server.url}`,
    program: programs[at % programs.length] ?? 'restic',
  });
  await resticMustSucceed(restic(0), 'init');
  const trees = [0, 1].map((at) => {
    const tree = join(folder.path, `tree-${at}`);
    makeTree(tree, 8 * mib, seed + at);
    return tree;
  });
  await Promise.all(trees.map((tree, at) => resticMustSucceed(restic(at), 'backup', tree)));
  await resticMustSucceed(restic(0), 'check', '--read-data');
  for (const tree of trees) {
    const target = join(folder.path, 'out');
    await resticMustSucceed(restic(0), 'restore', 'latest', '--path', tree, '--target', target);
    assert.deepEqual(compareTrees(tree, join(target, tree), { ignore }), []);
  }
});

test('a vault of ours is opened, checked and written by stock restic through the server', async () => {
  using folder = temporaryFolder();
  const tree = join(folder.path, 'tree');
  makeTree(tree, 2 * mib);
  const options = folderOptions(folder);
  await cliEnds(0, options, 'vault', 'init', 'vault', '--no-recovery-key');
  await cliEnds(0, options, 'backup', '--vault', 'vault', '--path', tree);
  await using server = await startServing(
    options,
    '--data',
    'vault',
    '--no-auth',
    '--append-only',
    ...anyPort,
  );
  const restic = { repository: `rest:${server.url}` };
  await resticMustSucceed(restic, 'check', '--read-data');
  await restored(restic, tree, join(folder.path, 'out'));
  makeTree(tree, mib, seed + 1);
  await resticMustSucceed(restic, 'backup', tree);
  await cliEnds(0, options, 'check', '--vault', 'vault', '--read-data');
  assert.ok(existsSync(join(folder.path, 'vault', 'lifeboat', 'vault.json')));
});

test('what stock restic wrote through the server is read by us, and the other way round', async () => {
  using folder = temporaryFolder();
  const tree = join(folder.path, 'tree');
  makeTree(tree, mib);
  await using server = await startServing(folderOptions(folder), '--data', '.', '--no-auth', ...anyPort);
  {
    await using vault = await makeVault(join(folder.path, 'repository'));
    await backUp(vault, tree);
  }
  const restic = { repository: `rest:${server.url}repository` };
  makeTree(tree, mib, seed + 1);
  await resticMustSucceed(restic, 'backup', tree);
  await using vault = await openVault(join(folder.path, 'repository'));
  const { problems } = await restoreTo(vault, 'latest', join(folder.path, 'out'));
  assert.deepEqual(problems, []);
  assert.deepEqual(compareTrees(tree, join(folder.path, 'out', tree), { ignore }), []);
});

const anyPort = ['--listen', '127.0.0.1:0'];

function folderOptions({ path }: { readonly path: string }) {
  return { folder: path };
}

function makeCertificate(folder: string): void {
  const subject = ['-subj', '/CN=lifeboat', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...kind, ...subject, ...files], { stdio: 'pipe' });
}

/** All but locks, which come and go. */
function objectsBelow(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && !entry.parentPath.endsWith('locks'));
  return new Map(
    files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name))]),
  );
}
