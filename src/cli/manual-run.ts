import type { RunContext } from '../evidence/run-context.ts';
import { hostname } from '../platform/host.ts';
import { randomUuid } from '../platform/random.ts';
import type { CliContext } from './cli-context.ts';

/** A new run that a person asked for, bound to no plan. */
export function manualRun({ nowMs, output, programVersion }: CliContext): RunContext {
  return {
    runId: randomUuid(),
    host: hostname(),
    programVersion,
    trigger: 'manual',
    nowMs,
    newId: randomUuid,
    redact: output.redact,
  };
}
