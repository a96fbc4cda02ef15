/**
 * The renewal of a password of two vaults is cut off after every single operation on their stores, and before and after
 * the file that keeps the password changes: what is kept opens both vaults, stock restic's way too, and the same command
 * ends what was begun.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { rotatePasswords } from '../../src/cli/keys/rotate-passwords.ts';
import { isStoreCut, withFaults } from '../../src/object-store/fault.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { addKey } from '../../src/repository/key/manage-keys.ts';
import { openKey } from '../../src/repository/key/open-key.ts';
import { openRepository } from '../../src/repository/repository.ts';
import type { Repository } from '../../src/repository/repository-types.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeVault, quickKdf, quickLocks } from '../support/vault.ts';

const oldPassword = 'the old one';
const newPassword = 'the new one';
const operationsMax = 300;
/** Restic looks at every so many. */
const resticEvery = 6;
const signal = new AbortController().signal;

interface Vaults {
  readonly first: ReadonlyMap<string, Buffer>;
  readonly second: ReadonlyMap<string, Buffer>;
}

test('wherever a rotation is cut off, the password that is kept opens both vaults, and it can be ended', async () => {
  using folder = temporaryFolder();
  const kept = join(folder.path, 'pw');
  const begin: Vaults = { first: await madeVault(), second: await madeVault() };
  let operations = 0;
  let cutWithOld = 0;
  let cutWithNew = 0;
  for (; operations < operationsMax; operations++) {
    writeFileSync(kept, oldPassword);
    const left = await rotateUntil(begin, kept, operations, false);
    if (left.kind === 'done') break;
    const password = readFileSync(kept, 'utf8');
    if (password === oldPassword) cutWithOld++;
    else cutWithNew++;
    for (const objects of [left.vaults.first, left.vaults.second]) await opens(objects, password);
    if (operations % resticEvery === 0)
      for (const objects of [left.vaults.first, left.vaults.second])
        await resticOpens(folder.path, objects, password);
    // the file says new: what is left over is an old key. It says old: the same command goes on
    if (password === newPassword) continue;
    const ended = await rotateUntil(left.vaults, kept, operationsMax, true);
    assert.equal(ended.kind, 'done');
    for (const objects of [ended.vaults.first, ended.vaults.second]) await onlyNewOpens(objects);
  }
  assert.ok(operations > 10 && operations < operationsMax, `${operations} operations were tried`);
  assert.ok(cutWithOld > 3 && cutWithNew > 1, `${cutWithOld} before and ${cutWithNew} after the switch`);
});

test('both vaults open with the new password alone when nothing is cut off', async () => {
  using folder = temporaryFolder();
  const kept = join(folder.path, 'pw');
  writeFileSync(kept, oldPassword);
  const begin: Vaults = { first: await madeVault(), second: await madeVault() };
  const { kind, vaults } = await rotateUntil(begin, kept, operationsMax, false);
  assert.equal(kind, 'done');
  for (const objects of [vaults.first, vaults.second]) {
    await onlyNewOpens(objects);
    await resticOpens(folder.path, objects, newPassword);
  }
});

async function madeVault(): Promise<ReadonlyMap<string, Buffer>> {
  const store = openMemoryStore();
  await using _vault = await makeVault(store, { password: oldPassword });
  return new Map(store.objects);
}

interface Left {
  readonly kind: 'done' | 'cut';
  readonly vaults: Vaults;
}

/** Both stores die together after the given number of operations, as they do with their process. */
async function rotateUntil(
  begin: Vaults,
  kept: string,
  operations: number,
  isResumed: boolean,
): Promise<Left> {
  const stores = [openMemoryStore(begin.first), openMemoryStore(begin.second)] as const;
  const cut = sharedCut(stores, operations);
  const vaultsLeft = () => ({ first: new Map(stores[0].objects), second: new Map(stores[1].objects) });
  const open = (store: ObjectStore) => (password: string) => openCheaply(store, password);
  try {
    await rotatePasswords<Repository & { readonly repository: Repository }>({
      vaults: cut.stores.map((store, at) => ({ name: `vault ${at}`, open: open(store) })),
      oldPassword,
      newPassword,
      isResumed,
      keepOld: false,
      switchOver: async () => {
        writeFileSync(`${kept}.next`, newPassword);
        renameSync(`${kept}.next`, kept);
      },
      onAdded: async () => undefined,
      onRemoved: async () => undefined,
      signal,
    });
  } catch (error) {
    if (!isStoreCut(error)) throw error;
    return { kind: 'cut', vaults: vaultsLeft() };
  }
  return { kind: cut.isCut() ? 'cut' : 'done', vaults: vaultsLeft() };
}

function sharedCut(stores: readonly [ObjectStore, ObjectStore], operations: number) {
  let used = 0;
  const wrap = (store: ObjectStore): ObjectStore => {
    const alive = withFaults(store, [{ kind: 'cut', after: operationsMax * 10 }]);
    const dead = withFaults(store, [{ kind: 'cut', after: 0 }]);
    const next = () => (used++ < operations ? alive : dead);
    return {
      ...alive,
      put: (key, bytes, each) => next().put(key, bytes, each),
      get: (key, range, each) => next().get(key, range, each),
      stat: (key, each) => next().stat(key, each),
      list: (prefix, each) => next().list(prefix, each),
      delete: (key, each) => next().delete(key, each),
    };
  };
  return { stores: stores.map(wrap), isCut: () => used > operations };
}

/** New keys are as dear as people's: in a test they are made cheaply, through the same function. */
async function openCheaply(store: ObjectStore, password: string) {
  const repository = await openRepository({ store, password, lockTiming: quickLocks, workers: 1 });
  const cheap: Repository = {
    ...repository,
    async addKey(added, each) {
      const { masterKey } = await openKey(store, password, each);
      const facts = { username: 'u', hostname: 'h', created: '2026-11-21T00:00:00Z' };
      const id = await addKey(store, masterKey, { password: added, ...facts, kdf: quickKdf }, each);
      return { id, ...facts, current: false };
    },
  };
  return { ...cheap, repository: cheap };
}

async function opens(objects: ReadonlyMap<string, Buffer>, password: string): Promise<void> {
  await using repository = await openRepository({ store: openMemoryStore(objects), password, workers: 1 });
  assert.ok((await repository.keys(signal)).length >= 1);
}

async function onlyNewOpens(objects: ReadonlyMap<string, Buffer>): Promise<void> {
  await opens(objects, newPassword);
  await assert.rejects(opens(objects, oldPassword), { code: 'WRONG_PASSWORD' });
  const keys = [...objects.keys()].filter((key) => key.startsWith('keys/'));
  assert.equal(keys.length, 1);
}

async function resticOpens(
  root: string,
  objects: ReadonlyMap<string, Buffer>,
  password: string,
): Promise<void> {
  const repository = join(root, 'vault');
  if (existsSync(repository)) rmSync(repository, { recursive: true });
  for (const [key, bytes] of objects) {
    mkdirSync(dirname(join(repository, key)), { recursive: true });
    writeFileSync(join(repository, key), bytes);
  }
  await resticMustSucceed({ repository, password }, '--no-lock', 'cat', 'config');
}
