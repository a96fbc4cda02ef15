import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clockJumpMs, jumpToleratedMs } from './clock-jump.ts';

test('a sleep of the machine and a clock that was set are jumps, time that passes is none', () => {
  const before = { wallMs: 1_000_000, monotonicMs: 50 };
  fc.assert(
    fc.property(fc.nat(86_400_000), fc.integer({ min: -86_400_000, max: 86_400_000 }), (passedMs, setMs) => {
      const now = { wallMs: before.wallMs + passedMs + setMs, monotonicMs: before.monotonicMs + passedMs };
      assert.equal(clockJumpMs(before, now), Math.abs(setMs) > jumpToleratedMs ? setMs : undefined);
    }),
  );
});
