import type { RunRecord } from '../../src/evidence/record.ts';
import { recordTimes } from '../../src/evidence/record-common.ts';

/** A record that proves nothing and is told apart by its id. */
export function initRecord(vault: string, id: string): RunRecord {
  return {
    type: 'init',
    id,
    runId: 'run',
    vault,
    host: 'test-host',
    programVersion: '0.0.0-test',
    verdict: 'pass',
    ...recordTimes(1_000, 2_000),
  };
}
