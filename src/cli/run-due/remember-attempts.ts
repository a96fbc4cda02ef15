/** Keeps on this machine what failed, at once, so that a pass that is killed later knows. */
import type { AppContext } from '../cli-context.ts';
import { type Finding, redactFinding } from './finding.ts';
import { loadMemory, type RunMemory, saveMemory } from './run-memory.ts';

/** Of systems that are gone from the plan. */
const attemptKeptMs = 7 * 86_400_000;

/** `systemHash` is empty for what is no system's. A finding that is fine ends what was remembered of its subject. */
export async function rememberAttempts(
  context: AppContext,
  { planId, systemHash }: { readonly planId: string; readonly systemHash: string },
  findings: readonly Finding[],
): Promise<void> {
  const memory = loadMemory(planId);
  const oldestMs = context.nowMs() - attemptKeptMs;
  const attempts = new Map([...memory.attempts].filter(([, { atMs }]) => atMs > oldestMs));
  for (const finding of findings) {
    const { subject, error } = redactFinding(finding, context.output.redact);
    if (error === undefined) attempts.delete(subject);
    else {
      const { code, message } = error;
      attempts.set(subject, { atMs: context.nowMs(), code, message, systemHash });
    }
  }
  const next: RunMemory = { ...memory, attempts };
  await saveMemory(planId, next);
}
