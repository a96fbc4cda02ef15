import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import type { AppContext } from '../../src/cli/cli-context.ts';
import { planHistory } from '../../src/cli/plan/plan-history.ts';
import { chosenSystems } from '../../src/cli/plan/plan-session.ts';
import { proveAtFirstUse } from '../../src/cli/plan/prove-first.ts';
import type { Finding } from '../../src/cli/run-due/finding.ts';
import { proveStores } from '../../src/cli/run-due/pass-stores.ts';
import { passVoice } from '../../src/cli/run-due/pass-voice.ts';
import type { StoreRecord } from '../../src/evidence/vault-records.ts';
import { withFaults } from '../../src/object-store/fault.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { type PlanScene, planScene } from './plan-scene.ts';

const hourMs = 3_600_000;
const systems = '  db: { source: { kind: files, paths: [./data] }, schedule: hourly, checks: [files] }';

/** The context's stores are wrapped, so that a proof sees another store than the vaults do. */
function contextWith(scene: PlanScene, wrap: (store: ObjectStore) => ObjectStore): AppContext {
  const openStore: AppContext['openStore'] = async ({ location }) =>
    wrap(openLocalStore(scene.vaultPath(basename(location))));
  return { ...scene.context, openStore };
}

const same = (store: ObjectStore): ObjectStore => store;
const broken = (store: ObjectStore): ObjectStore => withFaults(store, [{ kind: 'flip-bit', nth: 1, bit: 5 }]);

async function pass(scene: PlanScene, wrap = same, dryRun = false): Promise<readonly Finding[]> {
  const context = contextWith(scene, wrap);
  return await scene.run(async (session, vaults) => {
    const histories = await planHistory(context, session, vaults, true);
    const voice = passVoice(context, 'UTC');
    const own = chosenSystems(session.plan, []);
    const request = { session, vaults, systems: own, voice, trigger: 'schedule', dryRun } as const;
    return await proveStores(context, request, histories);
  });
}

async function proofs(scene: PlanScene): Promise<readonly StoreRecord[]> {
  await using vault = await scene.open('here');
  const { records } = await vault.records();
  return records.filter((record) => record.type === 'store');
}

test('a pass proves the store of each vault once a day, and keeps what it found', async () => {
  using scene = await planScene({ systems });
  scene.write('data/file', 'x');
  assert.deepEqual(await pass(scene, same, true), [
    { systems: ['db'], vault: 'here', subject: 'store here' },
  ]);
  assert.equal((await proofs(scene)).length, 0, 'a dry run does nothing');
  for (const [aheadMs, count] of [
    [0, 1],
    [hourMs, 1],
    [24 * hourMs, 2],
  ] as const) {
    scene.aheadMs = aheadMs;
    assert.deepEqual(await pass(scene), [{ systems: ['db'], vault: 'here', subject: 'store here' }]);
    assert.equal((await proofs(scene)).length, count);
  }
  const [first] = await proofs(scene);
  assert.equal(first?.kind, 'local');
  assert.equal(first?.verdict, 'pass');
  assert.deepEqual(
    first?.probes.map(({ name }) => name),
    ['write', 'read', 'list', 'create-only', 'clock', 'delete'],
  );
});

test('a store that is unfit fails the pass, and those after it until it is tried again and is fit', async () => {
  using scene = await planScene({ systems });
  scene.write('data/file', 'x');
  const [found] = await pass(scene, broken);
  assert.equal(found?.error?.code, 'STORE_UNFIT');
  assert.match(found?.error?.message ?? '', /"read".*not what was written/);
  scene.aheadMs = hourMs / 2;
  const [known] = await pass(scene);
  assert.equal(known?.error?.code, 'STORE_UNFIT');
  assert.ok((known?.retryAtMs ?? 0) > scene.context.nowMs());
  scene.aheadMs = hourMs + 60_000;
  assert.equal((await pass(scene))[0]?.error, undefined);
  assert.deepEqual(
    (await proofs(scene)).map(({ verdict }) => verdict),
    ['fail', 'pass'],
  );
});

test('before its first backup a machine proves the store, tells what is wrong, and does so once', async () => {
  using scene = await planScene({ systems });
  scene.write('data/file', 'x');
  const first = async (wrap: (store: ObjectStore) => ObjectStore) =>
    await scene.run(async (session, vaults) => {
      const own = chosenSystems(session.plan, []);
      await proveAtFirstUse(contextWith(scene, wrap), { session, vaults, systems: own });
    });
  await first(broken);
  assert.ok(scene.said.some((text) => /vault here: .*"read".*vault check/.test(text)));
  await first(same);
  assert.deepEqual(
    (await proofs(scene)).map(({ verdict }) => verdict),
    ['fail'],
  );
  const [backup] = await scene.backup();
  assert.equal(backup?.error, undefined);
});
