/**
 * A vault in Azure, from the command line, on Microsoft's emulator. Stock restic reaches only Azure itself, so the
 * objects are copied to a folder for it, and what it made in a folder is copied to Azure.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openAzureStore } from '../../src/object-store/azure/azure-store.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { type CliOptions, cliEnds, jsonLines, lastLine, password } from '../e2e/cli-process.ts';
import { type AzureServer, startAzurite } from '../support/azure-server.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Scene extends Disposable {
  readonly container: string;
  /** As restic writes it, which we take as well. */
  readonly location: string;
  readonly tree: string;
  readonly ours: CliOptions;
  readonly store: ObjectStore;
  readonly below: (name: string) => string;
}

describe('a vault in Azure', () => {
  let server: AzureServer;
  before(async () => {
    server = await startAzurite();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  test('is made, filled, listed, checked and rescued, and restic finds nothing wrong with a copy', async () => {
    using scene = await makeScene(server);
    const { location, tree, ours, store, below } = scene;
    await cliEnds(0, ours, 'vault', 'init', location, '--no-recovery-key');
    await cliEnds(0, ours, 'backup', '--vault', location, '--path', tree, '--json');
    await readsBack(scene, 'first');
    await copyAll(store, openLocalStore(below('copy')));
    const restic = { repository: below('copy'), password };
    await resticMustSucceed(restic, 'check', '--read-data');
    await resticMustSucceed(restic, 'restore', 'latest', '--target', below('by-restic'));
    assert.deepEqual(compareTrees(tree, join(below('by-restic'), tree)), []);
  });

  test('that restic made is checked, rescued and gone on with', async () => {
    using scene = await makeScene(server);
    const { location, tree, ours, store, below } = scene;
    const restic = { repository: below('by-restic'), password };
    await resticMustSucceed(restic, 'init', '--repository-version', '2');
    await resticMustSucceed(restic, 'backup', tree);
    await copyAll(openLocalStore(restic.repository), store);
    await readsBack(scene, 'first');
    writeFileSync(join(tree, 'another'), 'added by us');
    await cliEnds(0, ours, 'backup', '--vault', location, '--path', tree);
    await readsBack(scene, 'second');
    const listed = await cliEnds(0, ours, 'snapshots', '--vault', location);
    assert.match(listed.stdout, /2 snapshots/);
  });

  test('is refused clearly and soon when something about it is wrong', async () => {
    using scene = await makeScene(server);
    const { location, container, ours } = scene;
    const began = performance.now();
    const says = async (exitCode: number, place: string, variables: CliOptions['environment'] = {}) => {
      const options = { ...ours, environment: { ...ours.environment, ...variables } };
      return (await cliEnds(exitCode, options, 'snapshots', '--vault', place)).stderr;
    };
    assert.match(await says(10, location), /there is no vault at azure:\S*container-\d+:?\/vault/);
    assert.match(
      await says(1, 'azure:no-such:/vault'),
      /ContainerNotFound.*→ .*az storage container create/s,
    );
    const init = await cliEnds(
      1,
      ours,
      'vault',
      'init',
      'azure:no-such:/vault',
      '--no-recovery-key',
      '--json',
    );
    assert.equal(lastLine(init)['code'], 'STORE_UNAVAILABLE');
    const wrong = server.connectionString().replace(/AccountKey=.{20}/, 'AccountKey=AAAAAAAAAAAAAAAAAAAA');
    const denied = await says(1, location, { AZURE_STORAGE_CONNECTION_STRING: wrong });
    assert.match(denied, /403\n.*→ Check the account key or SAS/s);
    const nobody = { AZURE_STORAGE_CONNECTION_STRING: server.connectionString('http://127.0.0.1:1') };
    assert.match(await says(1, location, nobody), /ECONNREFUSED/);
    assert.match(await says(2, `azure://another/${container}/vault`), /the environment has the key of/);
    assert.match(
      await says(2, location, { AZURE_STORAGE_CONNECTION_STRING: undefined }),
      /names no Azure storage account/,
    );
    assert.ok(performance.now() - began < soonMs, 'errors come soon');
  });

  test('is backed up to and rescued from by way of a network that fails now and then', async () => {
    using scene = await makeScene(server);
    const { location, tree } = scene;
    await using proxy = await startFaultProxy(server.origin, 3);
    const environment = { AZURE_STORAGE_CONNECTION_STRING: server.connectionString(proxy.origin) };
    const ours = { ...scene.ours, environment };
    await cliEnds(0, scene.ours, 'vault', 'init', location, '--no-recovery-key');
    proxy.follow([
      { kind: 'status', status: 503, name: 'ServerBusy', method: 'PUT', path: /\/data\// },
      { kind: 'reset-after', method: 'PUT', path: /\/index\// },
      { kind: 'flip-request-bit', method: 'PUT', path: /\/snapshots\// },
    ]);
    await cliEnds(0, ours, 'backup', '--vault', location, '--path', tree);
    assert.equal(proxy.harm.length, 3, proxy.harm.join('\n'));
    proxy.follow([
      { kind: 'reset-in-answer', method: 'GET', path: /\/index\// },
      { kind: 'flip-answer-bit', method: 'GET', path: /\/data\// },
    ]);
    await readsBack({ ...scene, ours }, 'through');
    assert.equal(proxy.harm.length, 5, proxy.harm.join('\n'));
  });
});

/** On a busy machine: seven programs, one of which tries for some seconds. */
const soonMs = 80_000;

async function readsBack({ location, tree, ours, below }: Scene, name: string): Promise<void> {
  const checked = await cliEnds(0, ours, 'check', '--read-data', '--vault', location, '--json');
  assert.equal(jsonLines(checked).at(-1)?.['exit_code'], 0);
  await cliEnds(0, ours, 'rescue', 'restore', '--vault', location, '--to', below(name));
  assert.deepEqual(compareTrees(tree, join(below(name), tree)), []);
}

async function copyAll(from: ObjectStore, to: ObjectStore): Promise<void> {
  let copied = 0;
  for await (const { key } of from.list('')) {
    await to.put(key, await from.get(key));
    copied += 1;
  }
  assert.ok(copied >= 4, 'config, key, packs and index');
}

async function makeScene(server: AzureServer): Promise<Scene & Disposable> {
  const folder = temporaryFolder();
  const container = await server.makeContainer();
  const tree = join(folder.path, 'tree');
  makeTree(tree);
  const { account, accountKey } = server;
  const connection = server.connectionString();
  return {
    container,
    location: `azure:${container}:/vault`,
    tree,
    ours: {
      folder: folder.path,
      environment: { AZURE_STORAGE_CONNECTION_STRING: connection },
      secrets: [accountKey, connection],
    },
    store: await openAzureStore(
      { account, container, prefix: 'vault' },
      { endpoint: server.origin, credentials: { kind: 'azure-key', accountKey } },
    ),
    below: (name) => join(folder.path, name),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** More than one block of Azure in one file. */
function makeTree(tree: string): void {
  const random = seededRandom(7);
  for (let n = 0; n < 20; n++) {
    const folder = join(tree, `folder-${n % 4}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file-${n}`), random.bytes(random.below(100_000)));
  }
  writeFileSync(join(tree, 'large'), random.bytes(20 * 1024 * 1024));
}
