import type { RunContext } from '../../src/evidence/run-context.ts';

/** A clock that goes on by a second at every look, so that no two records have one time. */
export function tickingClock(startMs = Date.UTC(2026, 10, 1)): () => number {
  let moment = startMs;
  return () => (moment += 1000);
}

export function testRun(nowMs: () => number): RunContext {
  return {
    ...{ runId: 'run', host: 'test-host', programVersion: '0.0.0-test', trigger: 'manual' },
    nowMs,
    newId: () => crypto.randomUUID(),
    redact: (text) => text,
  };
}
