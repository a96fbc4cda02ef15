import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { recordOf } from './record-of.ts';
import type { ShippingEvent, ShippingStatus } from './shipping.ts';
import { readStatus, writeStatus } from './status-file.ts';

const status: ShippingStatus = {
  ...{ system: 'orders-db', incarnation: '73', state: 'streaming', sinceMs: 5, isProtected: true, atMs: 9 },
  ...{ branch: '00000001', received: 500n, serverEnd: 600n, acknowledged: 400n },
  problem: { code: 'SOURCE_UNREACHABLE', message: 'it does not answer' },
  health: {
    ...{ hold: 'reserved', isWaiting: true, waitingSessions: 2, longestWaitMs: 3 },
    findings: [{ severity: 'warning', message: 'the disk fills', hint: 'Give it room.' }],
    ...{ keptBytes: 7, headroomBytes: 8 },
  },
  vaults: [
    {
      vault: 'here',
      state: 'streaming',
      durable: { branch: '00000001', at: 400n },
      unbroken: [{ branch: '00000001', start: 100n }],
      provenUntilMs: 8,
      lagMs: 2,
    },
    { vault: 'there', state: 'away', error: { code: 'STORE_UNAVAILABLE', message: 'away' } },
  ],
};

test('the status of a shipping is read as it was written', async () => {
  using folder = temporaryFolder();
  assert.equal(readStatus(folder.path, 'orders-db'), undefined);
  await writeStatus(folder.path, status);
  const { system, incarnation, state, sinceMs, isProtected, branch, acknowledged, vaults, problem } = status;
  assert.deepEqual(readStatus(folder.path, 'orders-db'), {
    ...{ system, incarnation, state, sinceMs, isProtected, branch, acknowledged, vaults },
    ...{ writtenAtMs: 9, hold: 'reserved', keptBytes: 7, headroomBytes: 8, problem },
    findings: status.health?.findings,
  });
});

test('a status that cannot be read says nothing', () => {
  using folder = temporaryFolder();
  for (const content of ['{"format":1', '{"format":2}', '[]']) {
    writeFileSync(join(folder.path, 'log-orders-db.json'), content);
    assert.equal(readStatus(folder.path, 'orders-db'), undefined, content);
  }
});

test('what happened becomes evidence, without what comes and goes by itself, and without secrets', () => {
  const run = {
    ...{ runId: 'run', host: 'shop-1', programVersion: '0.1.0', trigger: 'schedule' as const },
    ...{ nowMs: () => 1, newId: () => 'id', redact: (text: string) => text.replace('secret', '***') },
  };
  const facts = { run, vaultId: 'v', system: { name: 'orders-db', hash: 'h' }, incarnation: '73' };
  const record = (event: ShippingEvent) => recordOf(event, facts);
  const at = { branch: '00000001', at: 0x3000028n };
  const degraded = record({ kind: 'degraded', atMs: 77, at, waitedMs: 30_000 });
  assert.equal(degraded?.verdict, 'fail');
  assert.equal(degraded?.fromPosition, '0000000003000028');
  assert.equal(degraded?.ms, 30_000);
  assert.equal(degraded?.startMs, 77);
  assert.equal(record({ kind: 'protected', atMs: 78, at })?.verdict, 'pass');
  const conflict = record({ kind: 'conflict', atMs: 78, vault: 'here', message: 'a secret' });
  assert.equal(conflict?.message, 'a ***');
  const key = 'lifeboat/log/orders-db/73/00000001/0000000003000000-0000000003100000';
  const found = record({ kind: 'finding', atMs: 78, vault: 'here', object: key, message: 'is damaged' });
  assert.equal(found?.of, 'here');
  assert.equal(found?.branch, '00000001');
  assert.equal(found?.fromPosition, '0000000003000000');
  assert.equal(found?.toPosition, '0000000003100000');
  assert.equal(record({ kind: 'away', atMs: 78, vault: 'here', code: 'X', message: '' }), undefined);
});
