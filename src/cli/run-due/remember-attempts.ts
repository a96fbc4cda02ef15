/** Keeps on this machine what failed, at once, so that a pass that is killed later knows. */
import type { AppContext } from '../cli-context.ts';
import { type Finding, redactFinding } from './finding.ts';
import { changeMemory, type RunMemory } from './run-memory.ts';

/** Of systems that are gone from the plan. */
const attemptKeptMs = 7 * 86_400_000;

/** `systemHash` is empty for what is no system's. A finding that is fine ends what was remembered of its subject. */
export async function rememberAttempts(
  context: AppContext,
  { planId, systemHash }: { readonly planId: string; readonly systemHash: string },
  findings: readonly Finding[],
): Promise<void> {
  await changeMemory(planId, (memory) => ({
    ...memory,
    attempts: attemptsWith(memory.attempts, findings, systemHash, context),
  }));
}

function attemptsWith(
  known: RunMemory['attempts'],
  findings: readonly Finding[],
  systemHash: string,
  { nowMs, output }: AppContext,
): RunMemory['attempts'] {
  const oldestMs = nowMs() - attemptKeptMs;
  const attempts = new Map([...known].filter(([, { atMs }]) => atMs > oldestMs));
  for (const finding of findings) {
    const { subject, error } = redactFinding(finding, output.redact);
    if (error === undefined) attempts.delete(subject);
    else attempts.set(subject, { atMs: nowMs(), code: error.code, message: error.message, systemHash });
  }
  return attempts;
}
