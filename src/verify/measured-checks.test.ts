import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DatabaseProbe, ProbeVerdict } from './check-tools.ts';
import { measuredCounts, runMeasured } from './measured-checks.ts';

const passed = (value: number): ProbeVerdict => ({ kind: 'passed', value });

/** A database with so many rows as it was captured, and so many where the log stood when they were counted. */
function probeOf(
  captured: number,
  measured: number,
  went?: ProbeVerdict,
): DatabaseProbe & { advances: number } {
  let rows = captured;
  const probe = {
    advances: 0,
    integrity: async () => passed(0),
    foreignKeys: async () => passed(0),
    value: async () => passed(rows),
    rowCount: async () => passed(rows),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const advance = async (): Promise<ProbeVerdict> => {
    probe.advances++;
    if (went !== undefined) return went;
    rows = measured;
    return passed(0);
  };
  return Object.assign(probe, { advance });
}

async function verdictOf(probe: DatabaseProbe, counted: number): Promise<string | undefined> {
  const checks = measuredCounts([], probe, { 'rows:orders': counted, lsn: '0/1', 'query:x': 1 });
  const [result, ...others] = await runMeasured(checks, probe);
  assert.deepEqual(others, []);
  assert.equal(result?.name, 'rows of orders');
  return result?.verdict;
}

describe('what was measured at a capture', () => {
  it('passes on the state of the capture, without a replay', async () => {
    const probe = probeOf(10, 12);
    assert.equal(await verdictOf(probe, 10), 'pass');
    assert.equal(probe.advances, 0);
  });

  it('passes on the state of the measuring', async () => {
    assert.equal(await verdictOf(probeOf(10, 12), 12), 'pass');
  });

  it('fails where nothing changed in between', async () => {
    assert.equal(await verdictOf(probeOf(10, 10), 11), 'fail');
  });

  it('proves nothing of a table that was changed meanwhile, or where the log does not tell', async () => {
    assert.equal(await verdictOf(probeOf(10, 13), 11), 'inconclusive');
    const without: ProbeVerdict = { kind: 'inconclusive', reason: 'no vault has the log' };
    assert.equal(await verdictOf(probeOf(10, 10, without), 11), 'inconclusive');
    assert.equal(await verdictOf(probeOf(10, 10, { kind: 'failed', reasons: ['x'] }), 11), 'inconclusive');
  });

  it('fails at once where nothing can be replayed', async () => {
    const { advance: _, ...still } = probeOf(10, 10);
    assert.equal(await verdictOf(still, 11), 'fail');
  });
});
