/** After how many days versions that were replaced or deleted go, by the plan or else as every vault wants it. Pure. */
import type { PolicyPlace } from './policy-place.ts';

/** What a prune or a thief deleted stays as a version for so long at least. */
const versionDaysMin = 30;
/** A retention is over before the life cycle looks at the version. */
const retentionSlackDays = 1;
const dayMs = 86_400_000;

/** The longest of what the place, its retention and the rules of the plan ask for; `undefined`: a rule says for ever. */
export function versionDays({ folder, retainedDays = 0, lifecycle }: PolicyPlace): number | undefined {
  const rules = lifecycle.filter(({ applies_to: appliesTo, prefix = folder }) => {
    const meets = folder.startsWith(prefix) || prefix.startsWith(folder);
    return appliesTo === 'noncurrent' && meets;
  });
  if (rules.some((rule) => rule.expire_after === undefined)) return undefined;
  const days = rules.flatMap(({ expire_after: expiry }) => (expiry === undefined ? [] : [wholeDays(expiry)]));
  // a plan that says of all versions when they go means it, but for what may not go
  const saysAll = rules.some(({ prefix = folder }) => folder.startsWith(prefix));
  const least = saysAll ? 1 : versionDaysMin;
  return Math.max(least, retainedDays === 0 ? 0 : retainedDays + retentionSlackDays, ...days);
}

/** Stores count whole days; a part of one is one, so that nothing goes early. */
export function wholeDays(ms: number): number {
  return Math.max(1, Math.ceil(ms / dayMs));
}
