import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { SealedObjects } from '../repository/repository-types.ts';
import { putBoth } from './put-both.ts';
import type { ArchivedPlan, PlanArchive } from './vault.ts';

export const planPrefix = 'lifeboat/plan/';

export function createPlanArchive(sealed: SealedObjects): PlanArchive {
  return {
    /** The same plan is stored once; the first time it ran is kept. */
    async save(plan, signal) {
      const key = planKey(plan.planHash);
      for await (const object of sealed.list(key, signal)) if (object.key === key) return;
      await putBoth(sealed, key, Buffer.from(JSON.stringify(plan)), signal);
    },
    async list(signal) {
      const plans: ArchivedPlan[] = [];
      for await (const { key } of sealed.list(planPrefix, signal))
        plans.push(parsePlan(await sealed.get(key, signal), key));
      return plans.sort((a, b) => b.savedAtMs - a.savedAtMs);
    },
  };
}

/** Whether the bytes are the plan that the key names. */
export function isPlanOf(key: string, bytes: Buffer): boolean {
  try {
    return planKey(parsePlan(bytes, key).planHash) === key;
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, 'OBJECT_DAMAGED')) return false;
    throw error;
  }
}

/** A plan hash is `v1:` and 64 hex digits; a key has no colon. */
function planKey(planHash: string): string {
  return planPrefix + planHash.replace(':', '-');
}

function parsePlan(bytes: Buffer, what: string): ArchivedPlan {
  const json: unknown = JSON.parse(bytes.toString('utf8'));
  const { planId, planHash, fileName, text, savedAtMs } = json as Record<string, unknown>;
  const valid =
    [planId, planHash, fileName, text].every((value) => typeof value === 'string') &&
    typeof savedAtMs === 'number';
  if (valid) return json as ArchivedPlan;
  throw new LifeboatError('OBJECT_DAMAGED', `${what} is not a plan`, {
    hint: 'Use the plan from another vault.',
    details: { object: what },
  });
}
