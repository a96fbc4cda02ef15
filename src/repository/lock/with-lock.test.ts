import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { withFaults } from '../../object-store/fault.ts';
import { type MemoryStore, openMemoryStore } from '../../object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { sleep } from '../../platform/timers.ts';
import { newMasterKey } from '../../seal/key-file.ts';
import type { RepositoryAccess } from '../unpacked.ts';
import { saveUnpacked } from '../unpacked.ts';
import { encodeLockFile, type LockFile } from './lock-file.ts';
import { type LockOwner, thisProcess } from './lock-owner.ts';
import { type LockOptions, readLocks, removeLocks, withLock } from './with-lock.ts';

const me: LockOwner = {
  ...thisProcess(),
  hostname: 'here',
  pid: 100,
  bootId: 'boot',
  pidNamespace: '1',
  startTicks: (pid) => (pid === 100 ? '5' : undefined),
};
const timing = { settleMs: 0, refreshMs: 60_000, expiryMs: 90_000 };
const shared: LockOptions = { owner: me, exclusive: false, timing };
const exclusive: LockOptions = { owner: me, exclusive: true, timing };
const key = newMasterKey();

function accessTo(store: ObjectStore): RepositoryAccess {
  return { store, key, version: 2 };
}

function vault(): RepositoryAccess & { readonly store: MemoryStore } {
  return { store: openMemoryStore(), key, version: 2 };
}

/** A lock that somebody else left. */
async function leaveLock(access: RepositoryAccess, lock: Partial<LockFile> = {}): Promise<string> {
  const time = new Date().toISOString();
  const whole = { time, exclusive: true, hostname: 'there', username: 'they', pid: 200, ...lock };
  return await saveUnpacked(access, 'lock', encodeLockFile(whole));
}

const ofThisBoot = { hostname: 'here', boot_id: 'boot', pid_namespace: '1' } as const;
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
const succeed = async () => 'done';

test('shared locks go together, an exclusive one goes with none', async () => {
  const access = vault();
  await withLock(access, shared, async () => {
    assert.equal(await withLock(access, shared, succeed), 'done');
    await assert.rejects(withLock(access, exclusive, succeed), { code: 'VAULT_LOCKED', retryable: true });
  });
  await withLock(access, exclusive, async () => {
    await assert.rejects(withLock(access, shared, succeed), { code: 'VAULT_LOCKED' });
    await assert.rejects(withLock(access, exclusive, succeed), { code: 'VAULT_LOCKED' });
  });
  assert.equal(access.store.objects.size, 0);
});

test('of two that take an exclusive lock at the same moment at most one gets it', async () => {
  const access = vault();
  const settled = { ...exclusive, timing: { ...timing, settleMs: 20 } };
  const both = await Promise.allSettled([
    withLock(access, settled, succeed),
    withLock(access, settled, succeed),
  ]);
  assert.ok(both.some(({ status }) => status === 'rejected'));
  assert.equal(access.store.objects.size, 0);
});

test('the error says who holds the lock, since when, and which object it is', async () => {
  const access = vault();
  const id = await leaveLock(access);
  await assert.rejects(withLock(access, shared, succeed), (error: unknown) => {
    assert.ok(error instanceof LifeboatError);
    assert.match(error.message, /locked exclusively by process 200 of they@there since 20/);
    assert.equal(error.details['object'], `locks/${id}`);
    assert.equal(error.exitCode, 11);
    return true;
  });
});

test('which locks are taken away as stale', async (t) => {
  const cases: readonly {
    readonly what: string;
    readonly lock: Partial<LockFile>;
    readonly stale: boolean;
  }[] = [
    { what: 'not refreshed for 31 minutes', lock: { time: minutesAgo(31) }, stale: true },
    { what: 'not refreshed for 29 minutes', lock: { time: minutesAgo(29) }, stale: false },
    { what: 'of a dead process of this boot', lock: { ...ofThisBoot, pid: 200 }, stale: true },
    { what: 'of a live process', lock: { ...ofThisBoot, pid: 100, pid_start: '5' }, stale: false },
    {
      what: 'of an earlier process of that id',
      lock: { ...ofThisBoot, pid: 100, pid_start: '4' },
      stale: true,
    },
    { what: 'of a dead process of another boot', lock: { ...ofThisBoot, boot_id: 'x' }, stale: false },
    {
      what: 'of a dead process in another namespace',
      lock: { ...ofThisBoot, pid_namespace: '2' },
      stale: false,
    },
    { what: 'of a dead process of another host', lock: { ...ofThisBoot, hostname: 'there' }, stale: false },
    { what: 'of stock restic on this host', lock: { hostname: 'here' }, stale: false },
  ];
  for (const { what, lock, stale } of cases) {
    await t.test(what, async () => {
      const access = vault();
      await leaveLock(access, lock);
      if (stale) assert.equal(await withLock(access, exclusive, succeed), 'done');
      else await assert.rejects(withLock(access, exclusive, succeed), { code: 'VAULT_LOCKED' });
      assert.equal(access.store.objects.size, stale ? 0 : 1);
      const other = vault();
      await leaveLock(other, lock);
      assert.equal(await removeLocks(other, me, false), stale ? 1 : 0);
      assert.equal(await removeLocks(other, me, true), stale ? 0 : 1);
    });
  }
});

test("an empty lock object is nobody's", async () => {
  const access = vault();
  await access.store.put(`locks/${'0'.repeat(64)}`, Buffer.alloc(0));
  assert.deepEqual(await readLocks(access), []);
  assert.equal(await withLock(access, exclusive, succeed), 'done');
});

test('a refresh puts a new object in the place of the old one, which goes last', async () => {
  const inner = openMemoryStore();
  const refreshed = Promise.withResolvers<void>();
  const held: number[] = [];
  const store: ObjectStore = {
    ...inner,
    async delete(name, signal) {
      held.push(inner.objects.size);
      await inner.delete(name, signal);
      refreshed.resolve();
    },
  };
  const quick = { ...shared, timing: { ...timing, refreshMs: 5 } };
  await withLock(accessTo(store), quick, async () => {
    const [before] = inner.objects.keys();
    await refreshed.promise;
    const [after] = [...inner.objects.keys()].slice(-1);
    assert.notEqual(after, before);
  });
  assert.equal(held[0], 2);
  assert.equal(inner.objects.size, 0);
});

test('a lock that can no longer be refreshed ends the work', async () => {
  const faulty = withFaults(openMemoryStore(), [{ kind: 'fail', operation: 'put', nth: 2, times: 1000 }]);
  const quick = { ...shared, timing: { settleMs: 0, refreshMs: 2, expiryMs: 10 } };
  const work = (signal: AbortSignal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  await assert.rejects(withLock(accessTo(faulty), quick, work), { code: 'VAULT_LOCKED', message: /lost/ });
});

test('a short failure to refresh does not end the work', async () => {
  const faulty = withFaults(openMemoryStore(), [{ kind: 'fail', operation: 'put', nth: 2, times: 3 }]);
  const deleted = Promise.withResolvers<void>();
  const store: ObjectStore = {
    ...faulty,
    delete: async (name, signal) => {
      await faulty.delete(name, signal);
      deleted.resolve();
    },
  };
  const quick = { ...shared, timing: { settleMs: 0, refreshMs: 2, expiryMs: 60_000 } };
  await withLock(accessTo(store), quick, async (signal) => {
    await deleted.promise;
    assert.equal(signal.aborted, false);
  });
});

test('the lock goes when the work fails, and a failure to take it away does not hide the result', async () => {
  const access = vault();
  await assert.rejects(
    withLock(access, shared, () => Promise.reject(new Error('it failed'))),
    /it failed/,
  );
  assert.equal(access.store.objects.size, 0);
  const faulty = withFaults(openMemoryStore(), [{ kind: 'fail', operation: 'delete', nth: 1 }]);
  assert.equal(await withLock(accessTo(faulty), shared, succeed), 'done');
});

/** A store that says when its objects were put. */
function putMinutesAgo(minutes: number): RepositoryAccess & { readonly memory: MemoryStore } {
  const memory = openMemoryStore();
  const modifiedMs = Date.now() - minutes * 60_000;
  const stat = async (name: string) => ({ ...(await memory.stat(name)), modifiedMs });
  return { store: { ...memory, stat }, memory, key, version: 2 };
}

test('the lock of a host whose clock is behind is no stale lock while the store says that it is fresh', async () => {
  const old = { time: minutesAgo(31) };
  const skewed = putMinutesAgo(2);
  await leaveLock(skewed, old);
  await assert.rejects(withLock(skewed, shared, succeed), { code: 'VAULT_LOCKED' });
  assert.equal(await removeLocks(skewed, me, false), 0);
  const left = putMinutesAgo(31);
  await leaveLock(left, old);
  assert.equal(await withLock(left, shared, succeed), 'done');
  const ofThisHost = putMinutesAgo(2);
  await leaveLock(ofThisHost, { ...old, hostname: 'here' });
  assert.equal(await withLock(ofThisHost, shared, succeed), 'done');
});

test('after a long sleep the lock only counts while its object is there and nobody else has one', async () => {
  const asleep: LockOptions = { ...shared, timing: { ...timing, expiryMs: 0 } };
  const access = vault();
  await withLock(access, asleep, async (_signal, lock) => {
    await lock.confirm();
    const other = await leaveLock(access);
    await assert.rejects(lock.confirm(), { code: 'VAULT_LOCKED' });
    await access.store.delete(`locks/${other}`);
    await lock.confirm();
    for (const name of [...access.store.objects.keys()]) await access.store.delete(name);
    await assert.rejects(lock.confirm(), { code: 'VAULT_LOCKED', retryable: true });
  });
});

test('a lock that others removed as stale counts no more, though for this machine no time has passed', async () => {
  const access = vault();
  await withLock(access, shared, async (_signal, lock) => {
    await lock.confirm();
    for (const name of [...access.store.objects.keys()]) await access.store.delete(name);
    await assert.rejects(lock.confirm(), { code: 'VAULT_LOCKED', retryable: true });
  });
});

test('a refresh does not bring back a lock that others removed', async () => {
  const access = vault();
  const quick = { ...shared, timing: { ...timing, refreshMs: 5 } };
  await assert.rejects(
    withLock(access, quick, async (signal) => {
      for (let round = 0; round < 1000 && !signal.aborted; round++) {
        for (const name of [...access.store.objects.keys()]) await access.store.delete(name);
        await sleep(1);
      }
      signal.throwIfAborted();
    }),
    { code: 'VAULT_LOCKED', message: /removed/ },
  );
});
