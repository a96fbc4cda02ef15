import { formatDuration } from '../duration.ts';
import { type LifecycleFault, type LifecycleRule, lifecycleFaults } from '../lifecycle-faults.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan, ResolvedVault } from '../resolved-plan.ts';
import { minimumDaysOf } from '../storage-class.ts';
import { archivePromises, type KeepPromise, keepPromises, longest } from './keep-promises.ts';
import type { LintHit, LintRule } from './lint-rule.ts';

export const lifecycleArithmetic: LintRule = {
  id: 'lifecycle-arithmetic',
  number: 'T15',
  severity: 'error',
  title: 'the lifecycle of a vault does not keep what is promised',
  explanation:
    'A store counts the move to another class and the deletion from the same day, so what lies in the archive lies there ' +
    'for the difference of both numbers. Where that is less than the retention promises, or where a rule takes current ' +
    'objects, which it cannot tell from what is not needed, data is gone or out of reach before its time.',
  fix: 'Let expire_after be the day of the move plus the time that objects must stay after it, and let rules apply to noncurrent versions.',
  check: (plan) => plan.vaults.flatMap((vault) => hitsOfVault(plan, vault)),
};

function hitsOfVault(plan: ResolvedPlan, vault: ResolvedVault): readonly LintHit[] {
  const rules = vault.declared.lifecycle ?? [];
  if (rules.length === 0) return [];
  const archive = longest(archivePromises(plan, vault));
  const kept = longest(keepPromises(plan, vault));
  const faults = lifecycleFaults(vault);
  return rules.flatMap((rule, index) => {
    const at: PlanPath = ['vaults', vault.name, 'lifecycle', index];
    const moves = moveHits(at, rule, archive);
    const own = faults.filter((fault) => fault.index === index).map((fault) => faultHit(at, fault, kept));
    return [...moves, ...own, ...(moves.length > 0 ? [] : classNotes(at, rule))];
  });
}

function moveHits(at: PlanPath, rule: LifecycleRule, promise: KeepPromise | undefined): readonly LintHit[] {
  const { transition, expire_after: expiry } = rule;
  if (transition === undefined || expiry === undefined) return [];
  const expiryAt = [...at, 'expire_after'];
  const moveAt = { at: [...at, 'transition', 'after'], message: 'the move is counted from the same day' };
  const { after, storage_class: storageClass } = transition;
  if (expiry <= after) {
    const message =
      `objects are deleted after ${days(expiry)} and would move to ${storageClass} after ${days(after)}: ` +
      'they never lie there';
    return [{ at: expiryAt, message, relatedAt: moveAt }];
  }
  const thereMs = expiry - after;
  if (promise === undefined || thereMs >= promise.valueMs) return [];
  return [
    {
      at: expiryAt,
      message:
        `${count(expiry)} − ${count(after)} = ${days(thereMs)} in ${storageClass}, but ${promise.words} promises ` +
        `${days(promise.valueMs)} there: ${days(promise.valueMs - thereMs)} too few`,
      suggestion: `expire after ${days(after + promise.valueMs)}, or promise ${days(thereMs)}`,
      relatedAt: { at: promise.at, message: 'the promise stands here' },
      ...longerExpiry(expiryAt, after + promise.valueMs, promise),
    },
  ];
}

/** Keeping longer is safe only where nothing says that data must go. */
function longerExpiry(at: PlanPath, expiryMs: number, promise: KeepPromise): Pick<LintHit, 'edits'> {
  if (promise.mustEnd || expiryMs % dayMs !== 0) return {};
  return { edits: [{ kind: 'set', at, value: days(expiryMs) }] };
}

/** A rule that makes folders cold is a warning: such a vault can be restored, stage by stage. */
function faultHit(at: PlanPath, fault: LifecycleFault, kept: KeepPromise | undefined): LintHit {
  const { kind, field, message, suggestion } = fault;
  const hit = { at: [...at, field], message, suggestion };
  if (kind === 'moves folders') return { ...hit, severity: 'warning' };
  if (kind !== 'expires current' || kept === undefined) return hit;
  const promise =
    kept.valueMs === Number.POSITIVE_INFINITY
      ? `; ${kept.words} has no end`
      : `; ${kept.words} promises ${days(kept.valueMs)}`;
  return {
    ...hit,
    message: message + promise,
    relatedAt: { at: kept.at, message: 'what must be kept stands here' },
  };
}

const dayMs = 86_400_000;

/** What the stores bill at least; data is safe either way. */
function classNotes(at: PlanPath, { transition, expire_after: expiry }: LifecycleRule): readonly LintHit[] {
  if (transition === undefined || expiry === undefined || expiry <= transition.after) return [];
  const name = transition.storage_class;
  const least = (minimumDaysOf(name) ?? 0) * dayMs;
  const thereMs = expiry - transition.after;
  if (thereMs >= least) return [];
  const message = `${name} bills at least ${days(least)}; objects lie there for ${count(expiry)} − ${count(transition.after)} = ${days(thereMs)}`;
  return [{ at: [...at, 'transition'], severity: 'info', message }];
}

function days(valueMs: number): string {
  if (valueMs % dayMs !== 0) return formatDuration(valueMs);
  return valueMs === dayMs ? '1 day' : `${valueMs / dayMs} days`;
}

function count(valueMs: number): string {
  return valueMs % dayMs === 0 ? String(valueMs / dayMs) : formatDuration(valueMs);
}
