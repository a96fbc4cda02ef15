import assert from 'node:assert/strict';
import { test } from 'node:test';
import { append, branch, cutRandomly, logName, nearWindow } from '../../../test/support/log-scene.ts';
import { passScene } from '../../../test/support/pass-scene.ts';
import { seededRandom } from '../../../test/support/seeded-random.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { PlanRun } from '../plan/new-run.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import { trimLogs } from './trim-logs.ts';

const end = nearWindow + 9000n;

function pointAt(base: bigint): RecoveryPoint {
  const lsn = `${(base >> 32n).toString(16)}/${(base & 0xffffffffn).toString(16)}`.toUpperCase();
  return {
    ...{ id: lsn, system: logName.system, vault: 'v', snapshotId: lsn, capturedAtMs: 1, complete: true },
    ...{ bytes: 1, files: 1, proof: { written: { atMs: 1, recordId: 'r' } } },
    position: {
      ...{ kind: 'postgres', systemId: logName.incarnation, timeline: 1, base: lsn, at: lsn },
      ...{ serverVersion: '15.1', segmentBytes: 1024, hasLog: true },
    },
  };
}

function history(points: readonly RecoveryPoint[]): VaultHistory {
  return { vault: 'here', role: 'primary', readAtMs: 1, records: [], points };
}

test('what lies before the oldest point of any vault goes, is recorded, and nothing goes while a vault is away', async () => {
  using scene = await passScene();
  await using vault = await scene.open('here');
  const log = vault.log(logName);
  const random = seededRandom(5);
  const bytes = random.bytes(9000);
  await append(log, cutRandomly(random, nearWindow, bytes, 500));
  const run: PlanRun = {
    ...{ runId: 'run', host: 'shop-1', programVersion: '0', trigger: 'schedule', nowMs: () => scene.nowMs },
    ...{ plan: { id: '5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11', hash: 'v1:h' }, newId: () => 'id' },
    redact: (text) => text,
  };
  const need = nearWindow + 5000n;
  const segment = need - (need % 1024n);
  const trim = (...histories: readonly VaultHistory[]) =>
    trimLogs(scene.context(), { run, vault, histories });
  const away = { ...history([]), trouble: new LifeboatError('STORE_UNAVAILABLE', 'away') };
  assert.equal(await trim(history([pointAt(need)]), away), 0);
  assert.equal(await trim(history([])), 0, 'a log may be older than its first point');
  assert.equal(await trim(history([pointAt(need)]), history([pointAt(nearWindow)])), 0);

  assert.ok((await trim(history([pointAt(need)]), history([pointAt(need + 1000n)]))) > 0);
  const [coverage] = await log.coverage();
  const [span] = coverage?.spans ?? [];
  assert.ok(span !== undefined && span.start > nearWindow && span.start <= segment);
  const left = Buffer.concat(await Array.fromAsync(log.read({ branch, start: need, end })));
  assert.ok(left.equals(bytes.subarray(5000)));
  const records = (await vault.records()).records.filter(({ type }) => type === 'log');
  assert.deepEqual(
    records.map((record) => record.type === 'log' && [record.event, record.branch, record.toPosition]),
    [['trimmed', branch, segment.toString(16).padStart(16, '0')]],
  );
});
