import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryLog, segmentBytes } from '../../test/support/memory-log-source.ts';
import { seededRandom } from '../../test/support/seeded-random.ts';
import { startShipping, type TestVault, testVault, until } from '../../test/support/shipping-scene.ts';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';

const start = BigInt(segmentBytes);
const random = seededRandom(2024);

async function endOf({ log }: TestVault, branch = '00000001'): Promise<bigint> {
  const coverage = (await log.coverage()).find((each) => each.branch === branch);
  const isWhole = coverage?.gaps.every(({ isDeclared }) => isDeclared);
  return isWhole ? (coverage?.spans.at(-1)?.end ?? 0n) : 0n;
}

async function holds(
  { log }: TestVault,
  server: MemoryLog,
  from = start,
  branch = '00000001',
  to?: bigint,
): Promise<void> {
  const end = to ?? (await endOf({ log } as TestVault, branch));
  const read = Buffer.concat(await Array.fromAsync(log.read({ branch, start: from, end })));
  assert.ok(read.equals(server.bytes(branch, from, end)), 'the vault holds what the server wrote');
}

test('what the server writes is in every vault, and only then acknowledged', async () => {
  const server = new MemoryLog();
  const vaults = [testVault('here'), testVault('there')];
  await using _shipping = startShipping(server, vaults);
  for (let i = 0; i < 50; i++) await server.commit(random.bytes(1 + random.below(50_000)));
  const end = server.end;
  await until('it is acknowledged', () => server.acknowledged >= end);
  for (const vault of vaults) {
    assert.ok((await endOf(vault)) >= end);
    await holds(vault, server);
  }
});

const sync = { kind: 'sync' } as const;

test('a commit returns when it is durable in so many vaults as the plan says', async () => {
  const server = new MemoryLog();
  const vaults = [testVault('a'), testVault('b'), testVault('c')];
  await using shipping = startShipping(server, vaults, { mode: sync, copies: 2 });
  await until('commits wait', () => server.isWaiting);
  assert.deepEqual(shipping.kinds(), ['streaming', 'protected']);
  for (let i = 0; i < 30; i++) {
    await server.commit(random.bytes(1 + random.below(5000)));
    const end = server.acknowledged;
    const ends = await Promise.all(vaults.map((vault) => endOf(vault)));
    assert.ok(ends.filter((each) => each >= end).length >= 2, `commit ${i} is in two vaults`);
  }
});

test('with block a commit waits for as long as the vault is away', async () => {
  const server = new MemoryLog();
  const vault = testVault('here');
  await using shipping = startShipping(server, [vault], { mode: sync });
  await until('commits wait', () => server.isWaiting);
  vault.isAway = true;
  let returned = false;
  const commit = server.commit(random.bytes(1000)).then(() => {
    returned = true;
  });
  await until('it is told', () => shipping.kinds().includes('away'));
  assert.equal(returned, false);
  assert.equal(server.isWaiting, true);
  vault.isAway = false;
  await commit;
  await until('it is told', () => shipping.kinds().includes('back'));
  await holds(vault, server);
});

test('with degrade commits go on after the time, that is told with its place, and so is the end of it', async () => {
  const server = new MemoryLog();
  const vault = testVault('here');
  await using shipping = startShipping(server, [vault], { mode: { ...sync, degradeAfterMs: 200 } });
  await until('commits wait', () => server.isWaiting);
  await server.commit(random.bytes(100));
  vault.isAway = true;
  const safe = server.acknowledged;
  const startMs = performance.now();
  await server.commit(random.bytes(1000));
  assert.ok(performance.now() - startMs >= 190, 'not before the time');
  assert.equal(server.isWaiting, false);
  const degraded = shipping.events.find(({ kind }) => kind === 'degraded');
  assert.ok(degraded?.kind === 'degraded' && degraded.at.at >= safe && degraded.at.at < server.end);
  assert.equal(shipping.status()?.isProtected ?? false, false);
  vault.isAway = false;
  await until('commits wait again', () => server.isWaiting);
  const again = shipping.events.findLast(({ kind }) => kind === 'protected');
  assert.ok(again?.kind === 'protected' && Number(again.suspendedMs) > 0 && again.at.at > degraded.at.at);
  await server.commit(random.bytes(100));
  assert.ok((await endOf(vault)) >= server.acknowledged);
});

test('a receiver that ends lets commits go where they may not wait for ever, and not where they must', async () => {
  for (const degradeAfterMs of [60_000, undefined]) {
    const server = new MemoryLog();
    const shipping = startShipping(server, [testVault('here')], {
      mode: { ...sync, ...(degradeAfterMs === undefined ? {} : { degradeAfterMs }) },
    });
    await until('commits wait', () => server.isWaiting);
    await shipping[Symbol.asyncDispose]();
    assert.equal(server.isWaiting, degradeAfterMs === undefined);
    assert.equal(shipping.kinds().includes('degraded'), degradeAfterMs !== undefined);
  }
});

test('a gap that all vaults have ends where one of them has bytes again', async () => {
  const server = new MemoryLog();
  const [old, young] = [testVault('old'), testVault('young')];
  {
    await using _shipping = startShipping(server, [old]);
    await server.commit(random.bytes(100_000));
    await until('it has it', () => server.acknowledged >= server.end);
  }
  const from = await endOf(old);
  const shared = server.bytes('00000001', start, start + 1000n);
  const writer = await young.log.writer('00000001', start);
  await writer.store(writer.prepare(start, shared, { commits: 0, names: [] }));
  await server.commit(random.bytes(2 * segmentBytes));
  server.forget(3n * start);
  {
    await using _shipping = startShipping(server, [old]);
    await until('it goes on', () => server.acknowledged >= 3n * start + 100n);
  }
  server.forget(server.acknowledged);
  await server.commit(random.bytes(70 * 1024 * 1024));
  {
    await using _shipping = startShipping(server, [old]);
    const end = server.end;
    await until('it is far', () => server.acknowledged >= end);
  }
  server.forget(server.acknowledged);
  await using shipping = startShipping(server, [old, young]);
  await until('the other one has it', async () => (await endOf(young)) >= (await endOf(old)) - 1000n);
  const gaps = shipping.events.flatMap((event) => (event.kind === 'gap' ? [event.span] : []));
  assert.deepEqual(gaps, [{ branch: '00000001', start: from, end: 3n * start }]);
});

test('somebody who tells the server not to wait is noticed', async () => {
  const server = new MemoryLog();
  await using shipping = startShipping(server, [testVault('here')], { mode: sync });
  await until('commits wait', () => server.isWaiting);
  await server.setWaiting(false);
  await until('it is told', () => shipping.kinds().includes('degraded'));
  await until('commits wait again', () => server.isWaiting);
});

test('a slow vault falls behind, keeps nobody waiting, and gets from the other what it lacks', async () => {
  const server = new MemoryLog();
  const [quick, slow] = [testVault('quick'), testVault('slow')];
  await using shipping = startShipping(server, [quick, slow], { mode: sync, copies: 1 });
  await until('commits wait', () => server.isWaiting);
  slow.delayMs = 400;
  for (let i = 0; i < 24; i++) await server.commit(random.bytes(1024 * 1024));
  const laneOf = (name: string) => shipping.status()?.vaults.find(({ vault }) => vault === name);
  await until('it is behind', () => laneOf('slow')?.state === 'behind');
  server.forget(server.acknowledged);
  slow.delayMs = 0;
  const end = server.end;
  await until('it has all', async () => (await endOf(slow)) >= end);
  await holds(slow, server);
  assert.ok(!shipping.kinds().includes('gap'));
});

test('bytes are held in memory up to a bound, and wait on the server', async () => {
  const server = new MemoryLog();
  const vault = testVault('here');
  await using shipping = startShipping(server, [vault]);
  await server.commit(random.bytes(1000));
  await until('it streams', () => server.acknowledged >= server.end);
  vault.isAway = true;
  const block = random.bytes(1024 * 1024);
  for (let i = 0; i < 60; i++) await server.commit(block);
  await until(
    'it stops taking',
    () => Number((shipping.status()?.received ?? 0n) - start) > 16 * 1024 * 1024,
  );
  const received = shipping.status()?.received ?? 0n;
  assert.ok(received - start < 24n * 1024n * 1024n, `${received - start} bytes were taken`);
  vault.isAway = false;
  const end = server.end;
  await until('it has all', () => server.acknowledged >= end);
  await holds(vault, server);
});

test('a stream that is cut goes on where it was, whatever was on its way', async () => {
  const server = new MemoryLog();
  const vaults = [testVault('here'), testVault('there')];
  await using shipping = startShipping(server, vaults, { mode: sync, copies: 2 });
  await until('commits wait', () => server.isWaiting);
  for (let i = 0; i < 20; i++) {
    const commit = server.commit(random.bytes(1 + random.below(100_000)));
    if (i % 3 === 0) server.cut();
    await commit;
  }
  server.setReachable(false);
  await until('it is told', () => shipping.kinds().includes('disconnected'));
  server.setReachable(true);
  await server.commit(random.bytes(10));
  for (const vault of vaults) await holds(vault, server);
  assert.ok(server.streams > 5);
});

test('receivers that are killed at any moment lose nothing that a commit returned for', async () => {
  const server = new MemoryLog();
  const vaults = [testVault('here'), testVault('there')];
  let returned = 0n;
  let isOver = false;
  const writing = (async () => {
    while (!isOver) {
      await server.commit(random.bytes(1 + random.below(20_000)));
      if (server.isWaiting) returned = server.acknowledged;
      await new Promise((done) => setTimeout(done, 1));
    }
  })();
  for (let i = 0; i < 12; i++) {
    {
      await using _shipping = startShipping(server, vaults, { mode: sync, copies: 2 });
      await new Promise((done) => setTimeout(done, 60 + random.below(80)));
      for (const vault of vaults) vault.delayMs = random.below(6);
    }
    const promised = returned;
    for (const vault of vaults) {
      const [span] = (await vault.log.coverage()).flatMap(({ spans }) => spans);
      assert.ok(promised === 0n || (span !== undefined && span.end >= promised), `round ${i}`);
    }
  }
  isOver = true;
  await server.setWaiting(false);
  await writing;
  await using _shipping = startShipping(server, vaults);
  const end = server.end;
  for (const vault of vaults) {
    await until('it has all', async () => (await endOf(vault)) >= end);
    await holds(vault, server);
  }
});

test('what the server has deleted is a gap that is declared, and the log goes on behind it', async () => {
  const server = new MemoryLog();
  const vault = testVault('here');
  {
    await using _shipping = startShipping(server, [vault]);
    await server.commit(random.bytes(1000));
    await until('it has it', () => server.acknowledged >= server.end);
  }
  const before = await endOf(vault);
  await server.commit(random.bytes(3 * segmentBytes));
  const heldFrom = 3n * start + 500n;
  server.forget(heldFrom - 500n);
  await using shipping = startShipping(server, [vault]);
  await until('it is told', () => shipping.kinds().includes('gap'));
  await until('it goes on', () => server.acknowledged >= server.end - 100n);
  const gap = shipping.events.find(({ kind }) => kind === 'gap');
  assert.deepEqual(gap?.kind === 'gap' && gap.span, { branch: '00000001', start: before, end: 3n * start });
  const [coverage] = await vault.log.coverage();
  assert.deepEqual(coverage?.gaps, [
    { branch: '00000001', start: before, end: 3n * start, isDeclared: true },
  ]);
  await holds(vault, server, 3n * start);
});

test('a server that says it holds what it has not: that much is given up, and the log goes on', async () => {
  const server = new MemoryLog();
  const vault = testVault('here');
  {
    await using _shipping = startShipping(server, [vault]);
    await server.commit(random.bytes(1000));
    await until('it has it', () => server.acknowledged >= server.end);
  }
  const before = await endOf(vault);
  await server.commit(random.bytes(2 * segmentBytes));
  server.forget(3n * start, false);
  await using shipping = startShipping(server, [vault]);
  await until('it goes on', () => server.acknowledged >= server.end - 100n);
  assert.ok(shipping.kinds().includes('gap'));
  const [coverage] = await vault.log.coverage();
  assert.deepEqual(coverage?.gaps, [
    { branch: '00000001', start: before, end: 3n * start, isDeclared: true },
  ]);
  await holds(vault, server, 3n * start);
});

test('a promotion is followed: the history comes first, the old branch to its end', async () => {
  const server = new MemoryLog();
  const vaults = [testVault('here'), testVault('there')];
  await using shipping = startShipping(server, vaults);
  await server.commit(random.bytes(70_000));
  server.promote();
  await server.commit(random.bytes(70_000));
  server.promote();
  await server.commit(random.bytes(2 * segmentBytes));
  const end = server.end;
  await until('it is on the newest branch', () => shipping.status()?.branch === '00000003');
  for (const vault of vaults) {
    await until('all is there', async () => (await endOf(vault, '00000003')) >= end);
    for (const { name, start: from, left } of server.branches) {
      await holds(vault, server, from, name);
      if (left !== undefined) assert.equal(await endOf(vault, name), left);
    }
    assert.match(String(await vault.log.history('00000003')), /^00000001 \d+\n00000002 \d+\n$/);
    assert.equal(await vault.log.history('00000001'), undefined);
  }
  assert.ok(!shipping.kinds().includes('diverged'));
});

test('what the new server never had is kept and told of, and its own branch is followed', async () => {
  const server = new MemoryLog();
  const vault = testVault('here');
  {
    await using _shipping = startShipping(server, [vault]);
    await server.commit(random.bytes(70_000));
    await until('it has it', () => server.acknowledged >= server.end);
  }
  const [before, left] = [await endOf(vault), server.end - 40_000n];
  server.promote(left);
  await server.commit(random.bytes(100_000));
  const end = server.end;
  await using shipping = startShipping(server, [vault]);
  await until('it goes on', async () => (await endOf(vault, '00000002')) >= end);
  const diverged = shipping.events.find(({ kind }) => kind === 'diverged');
  assert.deepEqual(diverged?.kind === 'diverged' && [diverged.from.at, diverged.to.at], [left, before]);
  assert.equal(await endOf(vault), before, 'what it had is as it was');
  await holds(vault, server, start, '00000002');
});

test('another server under the same identity is refused, and nothing is stored of it', async () => {
  const server = new MemoryLog();
  const vault = testVault('here');
  {
    await using _shipping = startShipping(server, [vault]);
    await server.commit(random.bytes(70_000));
    await until('it has it', () => server.acknowledged >= server.end);
  }
  const before = await endOf(vault);
  server.rewrite(before - 1000n, random.bytes(50_000));
  await using shipping = startShipping(server, [vault]);
  await until('it is told', () => shipping.kinds().includes('conflict'));
  await until('it is broken', () => shipping.status()?.state === 'broken');
  assert.equal(await endOf(vault), before);
});

test('a server that was set back is refused until it has a branch of its own', async () => {
  const server = new MemoryLog();
  const vault = testVault('here');
  {
    await using _shipping = startShipping(server, [vault]);
    await server.commit(random.bytes(70_000));
    await until('it has it', () => server.acknowledged >= server.end);
  }
  const before = await endOf(vault);
  server.rewrite(before - 30_000n, Buffer.alloc(0));
  await using shipping = startShipping(server, [vault]);
  await until('it is told', () => shipping.kinds().includes('diverged'));
  assert.equal(await endOf(vault), before);
  assert.equal(server.acknowledged <= before, true);
  server.promote();
  await server.commit(random.bytes(1000));
  const end = server.end;
  await until('it goes on', async () => (await endOf(vault, '00000002')) >= end);
});

test('a vault that is new, or was away, gets from another one what the server has deleted', async () => {
  const server = new MemoryLog();
  const [old, young] = [testVault('old'), testVault('young')];
  young.isAway = true;
  await using shipping = startShipping(server, [old, young]);
  for (let i = 0; i < 20; i++) await server.commit(random.bytes(200_000));
  server.promote();
  await server.commit(random.bytes(200_000));
  await until('one has it', () => server.acknowledged >= server.end - 100n);
  server.forget(server.acknowledged);
  young.isAway = false;
  const end = server.end;
  await until('the other one has it', async () => (await endOf(young, '00000002')) >= end);
  await until('it is told', () => shipping.kinds().includes('back'));
  for (const { name, start: from } of server.branches) {
    await until('it has all', async () => (await endOf(young, name)) >= (await endOf(old, name)) - 1000n);
    await holds(young, server, from, name);
  }
  assert.ok(!shipping.kinds().includes('gap'));
});

test('heartbeats tell until when all is safe, and a vault that is late is told of', async () => {
  const server = new MemoryLog();
  const vault = testVault('here');
  await using shipping = startShipping(server, [vault], { maxLagMs: 300 });
  await until('there is one', () => shipping.status()?.vaults[0]?.provenUntilMs !== undefined);
  const [lane] = shipping.status()?.vaults ?? [];
  assert.ok(Number(lane?.lagMs) < 300 && Date.now() - Number(lane?.provenUntilMs) < 3000);
  vault.isAway = true;
  await until('it is told', () => shipping.kinds().includes('lagging'));
  const [late] = shipping.status()?.vaults ?? [];
  vault.isAway = false;
  await until('it is told', () => shipping.kinds().includes('caught-up'));
  await until(
    'it is known',
    () => Number(shipping.status()?.vaults[0]?.provenUntilMs) > Number(late?.provenUntilMs),
  );
});

test('two receivers race into the same vaults, and both store what is true', async () => {
  const server = new MemoryLog();
  const vaults = [testVault('here'), testVault('there')];
  const events: string[] = [];
  {
    await using one = startShipping(server, vaults, { mode: sync, copies: 2 });
    await using two = startShipping(server, vaults, { mode: sync, copies: 2 });
    await until('commits wait', () => server.isWaiting);
    for (let i = 0; i < 60; i++) {
      await server.commit(random.bytes(1 + random.below(60_000)));
      if (i % 10 === 0) server.cut();
    }
    const end = server.end;
    await until('both have it', () => server.acknowledged >= end);
    events.push(...one.kinds(), ...two.kinds());
  }
  for (const kind of ['conflict', 'gap', 'diverged', 'finding']) assert.ok(!events.includes(kind), kind);
  for (const vault of vaults) {
    await holds(vault, server);
    assert.deepEqual((await vault.log.compact({ piecesMax: 2 })).findings, []);
    assert.deepEqual((await vault.log.check({ reads: () => true })).findings, []);
    await holds(vault, server);
  }
});

test('a wall clock that jumps raises nothing, and lets nothing go', async () => {
  const server = new MemoryLog();
  let jumpMs = 0;
  const clock = { nowMs: () => Date.now() + jumpMs, monotonicMs: () => performance.now() };
  await using shipping = startShipping(server, [testVault('here')], {
    mode: { ...sync, degradeAfterMs: 1000 },
    clock,
  });
  await until('commits wait', () => server.isWaiting);
  for (const jump of [3_600_000, -7_200_000, 86_400_000, 0]) {
    jumpMs = jump;
    const beats = server.beats;
    await server.commit(random.bytes(100));
    await until('there is another heartbeat', () => server.beats > beats + 1);
  }
  assert.deepEqual(shipping.kinds(), ['streaming', 'protected']);
});

test('how far back a vault hangs together is counted, and told when pieces are gone from its midst', async () => {
  const server = new MemoryLog();
  const store = openMemoryStore();
  const vault = testVault('here', store);
  await using shipping = startShipping(server, [vault], { timing: { compactMs: 60_000 } });
  const part = () => shipping.status()?.vaults[0]?.unbroken?.[0];
  await server.commit(random.bytes(20_000));
  await until('it is counted', () => part()?.start === start);
  for (let i = 0; i < 5; i++) {
    await server.commit(random.bytes(20_000));
    await until('it is durable', () => server.acknowledged >= server.end - 1000n);
  }
  const keys = await Array.fromAsync(store.list('lifeboat/log/'), ({ key }) => key);
  const middle = keys.toSorted()[1];
  assert.ok(middle !== undefined && keys.length > 3);
  await store.delete(middle);
  await until('it is told', () => shipping.kinds().includes('finding'));
  await until('the rest counts', () => (part()?.start ?? 0n) > start);
});
