import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventText } from './event-text.ts';
import type { ShippingEvent } from './shipping.ts';

const at = { branch: '00000001', at: 0x3000028n };
const place = (position: bigint): string => `0/${position.toString(16).toUpperCase()}`;

const events: readonly (readonly [ShippingEvent, string])[] = [
  [{ kind: 'degraded', atMs: 1, at, waitedMs: 30_000 }, 'alarm'],
  [{ kind: 'gap', atMs: 1, vault: 'here', span: { branch: '00000001', start: 1n, end: 2n } }, 'alarm'],
  [{ kind: 'conflict', atMs: 1, vault: 'here', message: 'two servers' }, 'alarm'],
  [{ kind: 'lagging', atMs: 1, vault: 'here', lagMs: 4000 }, 'warning'],
  [{ kind: 'protected', atMs: 1, at }, 'news'],
];

test('what somebody must act upon says what to do', () => {
  for (const [event, severity] of events) {
    const said = eventText('orders-db', event, place);
    assert.equal(said.severity, severity, event.kind);
    assert.equal(said.hint !== '', severity !== 'news', event.kind);
  }
  const [degraded] = events.map(([event]) => eventText('orders-db', event, place).text);
  assert.match(degraded ?? '', /0\/3000028 on branch 00000001/);
});
