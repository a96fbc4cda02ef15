import { formatDuration } from '../duration.ts';
import type { PlanPath } from '../plan-path.ts';
import type { ResolvedPlan, ResolvedVault } from '../resolved-plan.ts';
import { archivePromises, type KeepPromise, keepPromises, longest } from './keep-promises.ts';
import type { LintHit, LintRule } from './lint-rule.ts';

export const lifecycleArithmetic: LintRule = {
  id: 'lifecycle-arithmetic',
  number: 'T15',
  severity: 'error',
  title: 'the lifecycle of a vault does not keep what is promised',
  explanation:
    'A store counts the move to another class and the deletion from the same day, so what lies in the archive lies there ' +
    'for the difference of both numbers. Where that is less than the retention promises, data is gone before its time.',
  fix: 'Let expire_after be the day of the move plus the time that objects must stay after it.',
  check: (plan) => plan.vaults.flatMap((vault) => hitsOfVault(plan, vault)),
};

type LifecycleRule = NonNullable<ResolvedVault['declared']['lifecycle']>[number];

function hitsOfVault(plan: ResolvedPlan, vault: ResolvedVault): readonly LintHit[] {
  const rules = vault.declared.lifecycle ?? [];
  if (rules.length === 0) return [];
  const archive = longest(archivePromises(plan, vault));
  const kept = longest(keepPromises(plan, vault));
  return rules.flatMap((rule, index) => {
    const at: PlanPath = ['vaults', vault.name, 'lifecycle', index];
    const moves = moveHits(at, rule, archive);
    const cold = coldVaultHits(at, rule, vault);
    return [
      ...moves,
      ...currentHits(at, rule, kept),
      ...cold,
      ...(moves.length > 0 ? [] : classNotes(at, rule)),
    ];
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

function currentHits(at: PlanPath, rule: LifecycleRule, kept: KeepPromise | undefined): readonly LintHit[] {
  const { applies_to: appliesTo, expire_after: expiry } = rule;
  if (appliesTo !== 'current' || expiry === undefined) return [];
  const lacking =
    kept === undefined || kept.valueMs <= expiry
      ? ''
      : kept.valueMs === Number.POSITIVE_INFINITY
        ? `; ${kept.words} has no end`
        : `; ${kept.words} promises ${days(kept.valueMs)}, ${days(kept.valueMs - expiry)} more`;
  return [
    {
      at: [...at, 'expire_after'],
      message:
        `objects are deleted ${days(expiry)} after they were written, and points share their data, so the newest point ` +
        `loses what it has had in common with older ones${lacking}`,
      suggestion: 'let the rule apply to noncurrent versions, and let retention remove points',
      ...(kept === undefined ? {} : { relatedAt: { at: kept.at, message: 'what must be kept stands here' } }),
    },
  ];
}

const dayMs = 86_400_000;

/** Classes that nothing can be read from without a thaw of hours. */
const coldClasses: readonly string[] = ['GLACIER', 'DEEP_ARCHIVE', 'Archive'];

/** Folders lie beside the data, so a rule of the store cannot tell them apart. */
function coldVaultHits(at: PlanPath, rule: LifecycleRule, { location }: ResolvedVault): readonly LintHit[] {
  const { applies_to: appliesTo, transition, prefix = '' } = rule;
  if (appliesTo !== 'current' || transition === undefined) return [];
  if (!coldClasses.includes(transition.storage_class) || !meetsVault(prefix, location)) return [];
  return [
    {
      at: [...at, 'transition'],
      severity: 'warning',
      message:
        `the rule moves the folders and the index of backups to ${transition.storage_class} as well, so that nothing can be ` +
        'listed or checked without a thaw of hours',
      suggestion: `say \`storage_class: ${transition.storage_class}\` for the vault, which moves data alone, and let the rule apply to noncurrent versions`,
    },
  ];
}

/** Whether keys of the vault begin so; those of its locks alone would do no harm. */
function meetsVault(prefix: string, location: string): boolean {
  const path = /^(?:s3:\/\/[^/]+|azure:\/\/[^/]+\/[^/]+)\/?(.*)$/.exec(location)?.[1]?.replace(/\/*$/, '');
  const root = path === undefined || path === '' ? '' : `${path}/`;
  return ['data/', 'index/'].some((kind) => {
    const own = `${root}${kind}`;
    return own.startsWith(prefix) || prefix.startsWith(own);
  });
}

/** What the large stores bill at least; their price lists say it, and data is safe either way. */
const billedDays: Readonly<Record<string, number>> = {
  GLACIER: 90,
  GLACIER_IR: 90,
  DEEP_ARCHIVE: 180,
  STANDARD_IA: 30,
  ONEZONE_IA: 30,
};

function classNotes(at: PlanPath, { transition, expire_after: expiry }: LifecycleRule): readonly LintHit[] {
  if (transition === undefined || expiry === undefined || expiry <= transition.after) return [];
  const name = transition.storage_class;
  const least = Object.hasOwn(billedDays, name) ? (billedDays[name] ?? 0) * dayMs : 0;
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
