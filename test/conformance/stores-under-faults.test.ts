/**
 * Real stores behind a proxy that breaks what goes through it: a call gives what is right or a clear error, no half
 * object is left, and a whole backup and restore brings back the bytes or fails with a code.
 */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { withRetry } from '../../src/object-store/retry.ts';
import { environmentVariable } from '../../src/platform/environment.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { type FaultProxy, type ProxyFault, startFaultProxy } from '../support/fault-proxy.ts';
import { type FaultyServer, faultyServers } from '../support/faulty-servers.ts';
import { listed } from '../support/listed.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault, openVault, restoreTo } from '../support/vault.ts';
import {
  bytes,
  type Call,
  calls,
  faultsOf,
  objectBytes,
  silenceMs,
  wholeContents,
} from './calls-under-faults.ts';
import { collect } from './object-store.ts';

const seed = Number(environmentVariable('LIFEBOAT_TEST_SEED') ?? 20_261_121);
const rounds = 4;
const noWait = { sleep: async () => undefined };

interface Scene {
  readonly server: FaultyServer;
  readonly proxy: FaultProxy;
  /** Through the proxy, one try a call. */
  readonly store: ObjectStore;
  readonly retrying: ObjectStore;
  /** Past the proxy. */
  readonly direct: ObjectStore;
}

for (const [name, start] of Object.entries(faultyServers)) {
  describe(`${name} behind a proxy with faults`, () => {
    let server: FaultyServer;
    let proxy: FaultProxy;
    before(async () => {
      server = await start();
      proxy = await startFaultProxy(server.origin, seed);
    });
    after(async () => {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    });
    const scene = async (): Promise<Scene> => {
      proxy.follow([]);
      const open = await server.makePlace();
      const store = await open(proxy.origin);
      return { server, proxy, store, retrying: withRetry(store, noWait), direct: await open(server.origin) };
    };
    checkSingleCalls(scene);
    checkLists(scene);
    checkRounds(scene);
  });
}

type MakeScene = () => Promise<Scene>;

function checkSingleCalls(scene: MakeScene): void {
  for (const call of calls) {
    test(`${call.what} fails clearly, and succeeds when it is tried again`, async (t) => {
      const { server } = await scene();
      for (const [name, fault] of faultsOf(call, server)) {
        await t.test(name, async () => {
          const made = await scene();
          await made.direct.put('data/there', bytes);
          await failsClearly(made, call, fault);
          await noHalves(made);
          await made.direct.put('data/there', bytes);
          made.proxy.follow([fault]);
          const harmed = made.proxy.harm.length;
          await call.check(made.direct, await call.act(made.retrying));
          assert.equal(made.proxy.harm.length, harmed + 1, 'the fault happened');
          await noHalves(made);
        });
      }
    });
  }
}

async function failsClearly({ proxy, store }: Scene, call: Call, fault: ProxyFault): Promise<void> {
  proxy.follow([fault]);
  await assert.rejects(call.act(store), (error) => {
    assert.ok(error instanceof LifeboatError, String(error));
    assert.equal(error.code, 'STORE_UNAVAILABLE', error.message);
    assert.equal(error.retryable, true, error.message);
    return true;
  });
}

/** Whatever is there is one of the whole contents that were put. */
async function noHalves({ direct }: Scene): Promise<void> {
  for (const { key } of await collect(direct.list(''))) {
    const got = await direct.get(key);
    assert.ok(
      wholeContents(direct).some((whole) => whole.equals(got)),
      `${key} is whole`,
    );
  }
}

function checkLists(scene: MakeScene): void {
  test('a list of pages names each key once, whatever happens between them', async () => {
    const { server, direct, retrying, proxy } = await scene();
    const keys = Array.from({ length: server.pageKeys + 50 }, (_, n) => `data/${n}`).sort();
    const queue = keys.values();
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (const key of queue) await direct.put(key, Buffer.from('x'));
      }),
    );
    const path = /comp=list|list-type/;
    // the second page comes as the first again, breaks off, and after a new beginning is short
    proxy.follow([
      { kind: 'repeat-page', path, nth: 2 },
      { kind: 'reset-in-answer', path, nth: 3 },
      { kind: 'short-answer', path, nth: 5 },
    ]);
    const listed = (await collect(retrying.list('data/'))).map(({ key }) => key);
    assert.deepEqual(listed.sort(), keys);
    assert.deepEqual(
      proxy.harm.slice(-3).map((line) => line.split(' ')[0]),
      ['repeat-page', 'reset-in-answer', 'short-answer'],
    );
  });
  test('a list that lags hides what is new, and what it shows is right', async () => {
    const { store, proxy, direct } = await scene();
    await direct.put('data/old', bytes);
    await store.put('data/new', bytes);
    proxy.follow([{ kind: 'late-list', ms: 60_000, times: 1, path: /comp=list|list-type/ }]);
    assert.deepEqual(await listed(store), [{ key: 'data/old', size: objectBytes }]);
    assert.equal((await collect(store.list(''))).length, 2);
  });
}

/** So many in a hundred requests; of flips fewer, since each ends the round. */
function mixedFaults({ names }: FaultyServer, flips: boolean): readonly ProxyFault[] {
  return [
    { kind: 'delay', ms: 20, percent: 20 },
    { kind: 'status', status: 500, name: names.internal, percent: 3 },
    { kind: 'status', status: 503, name: names.busy, percent: 3 },
    { kind: 'reset-before', percent: 2 },
    { kind: 'reset-after', percent: 2 },
    { kind: 'reset-in-request', method: 'PUT', percent: 2 },
    { kind: 'reset-in-answer', method: 'GET', percent: 2 },
    { kind: 'short-answer', method: 'GET', percent: 2 },
    { kind: 'silence', ms: silenceMs, percent: 1 },
    { kind: 'repeat-page', percent: 5, path: /comp=list|list-type/ },
    ...(flips
      ? ([
          { kind: 'late-list', ms: 1000, percent: 5, path: /comp=list|list-type/ },
          { kind: 'flip-request-bit', method: 'PUT', percent: 2 },
          { kind: 'flip-answer-bit', method: 'GET', percent: 2 },
        ] as const)
      : []),
  ];
}

function checkRounds(scene: MakeScene): void {
  test(`with faults that pass, ${rounds} backups are checked and restored as they were`, async (t) => {
    for (let round = 0; round < rounds; round++) {
      const made = await scene();
      const harmed = made.proxy.harm.length;
      assert.deepEqual(await wholeRound(made, round, false), { outcome: 'restored' });
      t.diagnostic(`seed ${seed}, round ${round}: ${made.proxy.harm.length - harmed} faults`);
    }
  });
  test(`with flipped bits and late lists too, ${rounds} backups are restored as they were or fail with a code`, async (t) => {
    for (let round = 0; round < rounds; round++) {
      const made = await scene();
      const harmed = made.proxy.harm.length;
      const result = await wholeRound(made, round, true);
      const faults = made.proxy.harm.length - harmed;
      t.diagnostic(`seed ${seed}, round ${round}: ${faults} faults, ${JSON.stringify(result)}`);
      assert.ok(result.outcome === 'restored' || result.outcome === 'failed');
    }
  });
}

type RoundResult =
  | { readonly outcome: 'restored' }
  | { readonly outcome: 'failed'; readonly why: string; readonly during: string }
  | { readonly outcome: 'wrong'; readonly differences: readonly string[] };

/** Each stage through the proxy; a failure must be one of ours, with a code of its own. */
async function wholeRound(made: Scene, round: number, flips: boolean): Promise<RoundResult> {
  using folder = temporaryFolder();
  const tree = join(folder.path, 'tree');
  makeTree(tree, seed + round);
  const init = await makeVault(made.direct);
  await init[Symbol.asyncDispose]();
  made.proxy.follow(mixedFaults(made.server, flips));
  const stage = { name: 'backup', snapshotId: '' };
  const result = await stages(made, tree, join(folder.path, 'target'), stage);
  made.proxy.follow([]);
  const isKept = stage.snapshotId !== '' && (made.server.checksWrites || !flips);
  const differences = isKept
    ? await restoredDirectly(made, stage.snapshotId, tree, join(folder.path, 'direct'))
    : [];
  return differences.length === 0 ? result : { outcome: 'wrong', differences };
}

async function stages(
  { retrying }: Scene,
  tree: string,
  target: string,
  stage: { name: string; snapshotId: string },
): Promise<RoundResult> {
  try {
    await using vault = await openVault(retrying);
    const { snapshot } = await backUp(vault, tree);
    Object.assign(stage, { name: 'check', snapshotId: snapshot.id });
    const [problem] = (await vault.check({ readData: 'all' })).errors;
    if (problem !== undefined) return { outcome: 'failed', why: problem.what, during: stage.name };
    stage.name = 'restore';
    const { problems } = await restoreTo(vault, snapshot.id, target, { verify: true });
    if (problems.length > 0) return { outcome: 'failed', why: 'problems', during: stage.name };
    const differences = compareTrees(tree, join(target, tree));
    return differences.length === 0 ? { outcome: 'restored' } : { outcome: 'wrong', differences };
  } catch (error) {
    assert.ok(
      error instanceof LifeboatError,
      `${stage.name}: ${error instanceof Error ? error.stack : error}`,
    );
    assert.notEqual(error.code, 'INTERNAL');
    return { outcome: 'failed', why: error.code, during: stage.name };
  }
}

/** What a backup reported as good is good, whatever the way back to it was like. */
async function restoredDirectly(
  { direct }: Scene,
  snapshotId: string,
  tree: string,
  target: string,
): Promise<readonly string[]> {
  await using vault = await openVault(direct);
  const { errors } = await vault.check({ readData: 'all' });
  const { problems } = await restoreTo(vault, snapshotId, target, { verify: true });
  return [
    ...errors.map(({ what }) => what),
    ...problems.map(String),
    ...compareTrees(tree, join(target, tree)),
  ];
}

function makeTree(tree: string, treeSeed: number): void {
  const random = seededRandom(treeSeed);
  for (let n = 0; n < 40; n++) {
    const folder = join(tree, `folder-${n % 5}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file-${n}`), random.bytes(random.below(200_000)));
  }
}
