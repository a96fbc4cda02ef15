import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { SealedObjects } from '../repository/repository-types.ts';
import type { ArchivedPlan, PlanArchive } from './vault.ts';

const prefix = 'lifeboat/plan/';

export function createPlanArchive(sealed: SealedObjects): PlanArchive {
  return {
    /** The same plan is stored once; the first time it ran is kept. */
    async save(plan, signal) {
      const key = planKey(plan.planHash);
      for await (const object of sealed.list(key, signal)) if (object.key === key) return;
      try {
        await sealed.put(key, Buffer.from(JSON.stringify(plan)), signal);
      } catch (error) {
        // somebody else was first, in a store that only adds
        if (!hasCode(error, 'OBJECT_EXISTS')) throw error;
      }
    },
    async list(signal) {
      const plans: ArchivedPlan[] = [];
      for await (const { key } of sealed.list(prefix, signal))
        plans.push(parsePlan(await sealed.get(key, signal), key));
      return plans.sort((a, b) => b.savedAtMs - a.savedAtMs);
    },
  };
}

/** A plan hash is `v1:` and 64 hex digits; a key has no colon. */
function planKey(planHash: string): string {
  return prefix + planHash.replace(':', '-');
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
