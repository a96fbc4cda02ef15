/**
 * What is wrong with the rules by which a store is to age the objects of a vault: what would take the vault apart,
 * what cannot happen, and what the store would not accept. Pure; the linter tells it, `vault policy` refuses by it.
 */
import { formatDuration } from './duration.ts';
import type { ResolvedVault } from './resolved-plan.ts';
import { isColdClass } from './storage-class.ts';

export type LifecycleRule = NonNullable<ResolvedVault['declared']['lifecycle']>[number];

export interface LifecycleFault {
  /** Its place in the list. */
  readonly index: number;
  readonly kind: 'expires current' | 'moves what must stay' | 'moves folders' | 'retained' | 'not accepted';
  readonly field: 'transition' | 'expire_after';
  /** Lower-case, without full stop. */
  readonly message: string;
  /** What to write instead: lower-case, without full stop. */
  readonly suggestion: string;
}

type AgedVault = Pick<ResolvedVault, 'location' | 'store' | 'declared'>;

/** In the order of the rules. `moves folders` is a warning: such a vault can be restored, stage by stage. */
export function lifecycleFaults(vault: AgedVault): readonly LifecycleFault[] {
  return (vault.declared.lifecycle ?? []).flatMap((rule, index) =>
    [expiresCurrent(vault, rule), movesHot(vault, rule), retained(vault, rule), notAccepted(vault, rule)]
      .filter((fault) => fault !== undefined)
      .map((fault) => ({ index, ...fault })),
  );
}

type Fault = Omit<LifecycleFault, 'index'> | undefined;

function expiresCurrent({ location }: AgedVault, rule: LifecycleRule): Fault {
  const { applies_to: appliesTo, expire_after: expiry, prefix = '' } = rule;
  if (appliesTo !== 'current' || expiry === undefined || !meetsAny(prefix, location, allPlaces))
    return undefined;
  return {
    kind: 'expires current',
    field: 'expire_after',
    message:
      `objects are deleted ${formatDuration(expiry)} after they were written, and points share their data, so the ` +
      'newest point loses what it has had in common with older ones',
    suggestion: 'let the rule apply to noncurrent versions, and let retention remove points',
  };
}

/** What must be read before anything else can be: without it nothing is listed, checked or thawed. */
const hotPlaces = ['config', 'keys/', 'index/', 'snapshots/', 'locks/', 'lifeboat/'];
const allPlaces = [...hotPlaces, 'data/'];

function movesHot({ location }: AgedVault, rule: LifecycleRule): Fault {
  const { applies_to: appliesTo, transition, prefix = '' } = rule;
  if (appliesTo !== 'current' || transition === undefined || !isColdClass(transition.storage_class))
    return undefined;
  const { storage_class: storageClass } = transition;
  const suggestion =
    `say \`storage_class: ${storageClass}\` for the vault, which moves data alone, and let the rule apply to ` +
    'noncurrent versions';
  if (meetsAny(prefix, location, hotPlaces))
    return {
      kind: 'moves what must stay',
      field: 'transition',
      message:
        `the rule moves keys, the index and the folders of backups to ${storageClass} as well, so that nothing can be ` +
        'opened, listed or checked without a thaw of hours',
      suggestion,
    };
  if (!meetsAny(prefix, location, ['data/'])) return undefined;
  return {
    kind: 'moves folders',
    field: 'transition',
    message:
      `the rule moves the folders of backups, which lie beside their data, to ${storageClass} as well, so that nothing ` +
      'can be listed or checked without a thaw of hours',
    suggestion,
  };
}

/** The store would keep it longer than the rule says; and whoever reads the rule believes the rule. */
function retained({ declared }: AgedVault, rule: LifecycleRule): Fault {
  const { mode, for: forMs } = declared.immutability ?? {};
  const { applies_to: appliesTo, expire_after: expiry } = rule;
  if (appliesTo !== 'noncurrent' || expiry === undefined || mode === 'offline') return undefined;
  if (forMs === undefined || expiry >= forMs) return undefined;
  return {
    kind: 'retained',
    field: 'expire_after',
    message:
      `versions are to be deleted ${formatDuration(expiry)} after they were replaced or deleted, and the vault is ` +
      `immutable for ${formatDuration(forMs)}`,
    suggestion: `let expire_after be ${formatDuration(forMs)} at least`,
  };
}

const dayMs = 86_400_000;
/** Source: Amazon S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle", constraints. */
const s3InfrequentDaysMin = 30;
const azureTiers = ['cool', 'cold', 'archive'];

/** Stores compatible with S3 may have classes of their own, so an unknown name is left to them. */
function notAccepted({ store }: AgedVault, { transition }: LifecycleRule): Fault {
  if (transition === undefined) return undefined;
  const { storage_class: storageClass, after } = transition;
  if (store === 'azure' && !azureTiers.includes(storageClass.toLowerCase()))
    return {
      kind: 'not accepted',
      field: 'transition',
      message: `Azure has no tier ${storageClass} that a rule could move to`,
      suggestion: 'write Cool, Cold or Archive',
    };
  const isInfrequent = ['STANDARD_IA', 'ONEZONE_IA'].includes(storageClass);
  if (store !== 's3' || !isInfrequent || after >= s3InfrequentDaysMin * dayMs) return undefined;
  return {
    kind: 'not accepted',
    field: 'transition',
    message: `S3 moves nothing to ${storageClass} before ${s3InfrequentDaysMin} days, and the rule says ${formatDuration(after)}`,
    suggestion: `let after be ${s3InfrequentDaysMin} days at least`,
  };
}

/** Whether the prefix of a rule, which counts from the top of the bucket, meets keys in one of these places of the vault. */
function meetsAny(prefix: string, location: string, places: readonly string[]): boolean {
  const root = rootOf(location);
  return places.some((place) => {
    const own = `${root}${place}`;
    return own.startsWith(prefix) || (place.endsWith('/') && prefix.startsWith(own));
  });
}

/** In all forms that a location may have. Empty, or with a slash at its end. */
function rootOf(location: string): string {
  const rest = location
    .replace(/^s3:(?:https?:\/\/[^/]+\/|\/\/|[^/]*[.:][^/]*\/)?/i, '')
    .replace(/^azure:([^:/]+):\/?/i, '$1/')
    .replace(/^azure:\/*[^/]+\/+/i, '');
  const [, ...prefix] = rest.split('/').filter((segment) => segment !== '');
  return prefix.length === 0 ? '' : `${prefix.join('/')}/`;
}
