import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { SealedObjects } from '../repository/repository-types.ts';
import { spareKey } from '../repository/spare-key.ts';
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
    list: (signal, tell) => listPlans(sealed, signal, tell),
  };
}

async function listPlans(
  sealed: SealedObjects,
  signal?: AbortSignal,
  tell?: (trouble: string) => void,
): Promise<readonly ArchivedPlan[]> {
  const keys = new Set<string>();
  for await (const { key } of sealed.list(planPrefix, signal)) keys.add(key);
  for await (const { key } of sealed.list(spareKey(planPrefix), signal))
    keys.add(planPrefix + key.slice(spareKey(planPrefix).length));
  const plans: ArchivedPlan[] = [];
  const damaged: string[] = [];
  for (const key of keys) {
    try {
      plans.push(await readPlan(sealed, key, key, signal));
    } catch (error) {
      const plan = await secondCopy(sealed, key, error, signal);
      if (plan === undefined) damaged.push(key);
      else plans.push(plan);
      tell?.(
        plan === undefined
          ? `${key} is damaged, and there is no copy of it`
          : `${key} is damaged or gone; it is read from its copy`,
      );
    }
  }
  if (plans.length === 0 && damaged.length > 0) throw noneReadable(damaged);
  return plans.sort((a, b) => b.savedAtMs - a.savedAtMs);
}

/** `undefined` when it gives nothing either; raises what is no matter of damage. */
async function secondCopy(
  sealed: SealedObjects,
  key: string,
  error: unknown,
  signal?: AbortSignal,
): Promise<ArchivedPlan | undefined> {
  if (!hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) throw error;
  try {
    return await readPlan(sealed, spareKey(key), key, signal);
  } catch (again) {
    if (hasCode(again, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) return undefined;
    throw again;
  }
}

async function readPlan(
  sealed: SealedObjects,
  place: string,
  key: string,
  signal?: AbortSignal,
): Promise<ArchivedPlan> {
  const bytes = await sealed.get(place, signal);
  if (isPlanOf(key, bytes)) return parsePlan(bytes, place);
  throw notAPlan(place);
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
  throw notAPlan(what);
}

function noneReadable(keys: readonly string[]): LifeboatError {
  return new LifeboatError(
    'OBJECT_DAMAGED',
    `no plan in the vault can be read, nor its copy: ${keys.join(', ')}`,
    {
      hint: 'Use the plan from another vault. `lifeboat rescue restore` works without one.',
      details: { objects: keys },
    },
  );
}

function notAPlan(what: string): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `${what} is not the plan that its name says`, {
    hint: 'Use the plan from another vault.',
    details: { object: what },
  });
}
