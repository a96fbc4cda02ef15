import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotFindings } from './log-health.ts';

const gib = 1024 ** 3;
const messages = (slot: Parameters<typeof slotFindings>[0]) =>
  slotFindings(slot, 'lifeboat_shop').map(({ severity, message }) => `${severity}: ${message}`);
const reserved = { isPhysical: true, isActive: true, state: 'reserved' as const, heldFrom: 1n };

test('a slot that is missing, lost, tight, or keeps much without a limit is a finding', () => {
  assert.match(messages(undefined).join(), /^error: no replication slot lifeboat_shop/);
  assert.match(messages({ ...reserved, state: 'lost' }).join(), /^error: .* is lost/);
  assert.match(
    messages({ ...reserved, headroomBytes: 1000, keptBytes: 5 }).join(),
    /will be lost after 1000/,
  );
  assert.match(
    messages({ ...reserved, keptBytes: 12 * gib }).join(),
    /^warning: the server keeps 12 GiB .* disk/,
  );
  assert.deepEqual(messages({ ...reserved, keptBytes: 9 * gib }), []);
  assert.deepEqual(messages({ ...reserved, headroomBytes: 20 * gib, keptBytes: 30 * gib }), []);
});
