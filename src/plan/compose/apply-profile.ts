/** Lays a profile over a plan: maps are joined, lists and single values replaced, and `null` takes away. */
import { isDeepStrictEqual } from 'node:util';
import type { Finding, Severity } from '../finding.ts';
import { nearestName } from '../nearest-name.ts';
import type { PlanPath } from '../plan-path.ts';
import type { MergedSources } from './merge-sources.ts';
import { findingIn, isPlainMap, type LocalPath, memberOf, type PlainMap } from './plan-source.ts';

export interface AppliedProfile {
  readonly value: PlainMap;
  readonly findings: readonly Finding[];
  /** Where the profile stands, when one was chosen. */
  readonly overlay?: Overlay;
}

export interface Overlay {
  readonly name: string;
  readonly at: LocalPath;
  readonly value: PlainMap;
}

/** `undefined` as `value` when there is no such profile: then nothing must be done with the plan. */
export function applyProfile(
  merged: MergedSources,
  name: string | undefined,
): AppliedProfile | { readonly unknown: Finding } {
  const base = merged.value;
  const all = profilesOf(base);
  if (name !== undefined && !all.has(name)) return { unknown: unknownProfile(merged, name, [...all.keys()]) };
  const namesById = Map.groupBy(all.keys(), (each) => idOf(all.get(each) ?? {}));
  const findings = [...all].flatMap(([each, overlay]) => [
    ...misplacedKeys(merged, each, overlay),
    ...identityFindings(merged, { name: each, overlay, namesById }, each === name ? 'error' : 'warning'),
  ]);
  const chosen = name === undefined ? undefined : all.get(name);
  if (name === undefined || chosen === undefined) return { value: base, findings };
  const value = withoutKeys(chosen, notInProfiles);
  const overlay = { name, at: merged.localPath(['profiles', name]), value };
  return { value: mergePatch(base, value), findings, overlay };
}

/** What has no place in a profile. */
const notInProfiles = ['version', 'include', 'profiles'];

/** A profile that is empty changes nothing. Of one that is no map the schema tells. */
function profilesOf(base: PlainMap): ReadonlyMap<string, PlainMap> {
  const profiles = memberOf(base, 'profiles');
  const entries = isPlainMap(profiles) ? Object.entries(profiles) : [];
  return new Map(entries.map(([name, value]) => [name, isPlainMap(value) ? value : {}]));
}

function unknownProfile(merged: MergedSources, name: string, known: readonly string[]): Finding {
  const near = nearestName(name, known);
  const { source, path } = merged.localPath(['profiles']);
  return findingIn(source, {
    id: 'unknown-profile',
    severity: 'error',
    at: path,
    onKey: true,
    message: `there is no profile "${name.slice(0, 60)}"`,
    ...(known.length === 0 ? {} : { expected: `one of ${known.slice(0, 50).join(', ')}` }),
    ...(near === undefined ? {} : { suggestion: `did you mean "${near}"?` }),
  });
}

function misplacedKeys(merged: MergedSources, name: string, overlay: PlainMap): readonly Finding[] {
  return notInProfiles
    .filter((key) => Object.hasOwn(overlay, key))
    .map((key) => {
      const { source, path } = merged.localPath(['profiles', name, key]);
      const message = `${key} has no place in a profile`;
      const finding = { id: 'misplaced-key', severity: 'error', at: path, onKey: true, message } as const;
      return findingIn(source, { ...finding, suggestion: 'write it at the top of the plan' });
    });
}

interface IdentifiedProfile {
  readonly name: string;
  readonly overlay: PlainMap;
  readonly namesById: ReadonlyMap<unknown, readonly string[]>;
}

/** How a machine reaches a vault and what it may do there; the vault is the same one. */
const reachingFields: readonly string[] = ['append_only', 'credentials', 'limits', 'password'];

/** A machine that prunes has the same plan with other keys: it must see the same backups. */
function isOtherKeysOnly(base: PlainMap, overlay: PlainMap): boolean {
  const known = memberOf(base, 'vaults');
  return Object.entries(overlay).every(
    ([block, vaults]) =>
      block === 'vaults' &&
      isPlainMap(vaults) &&
      Object.entries(vaults).every(
        ([name, fields]) =>
          isPlainMap(memberOf(known, name)) &&
          isPlainMap(fields) &&
          Object.keys(fields).every((field) => reachingFields.includes(field)),
      ),
  );
}

/** State, locks and backups go by the plan's id: under one id those of two environments would mix. */
function identityFindings(
  merged: MergedSources,
  { name, overlay, namesById }: IdentifiedProfile,
  severity: Severity,
): readonly Finding[] {
  const own = withoutKeys(overlay, notInProfiles);
  if (!changes(merged.value, own) || isOtherKeysOnly(merged.value, own)) return [];
  const ownId = idOf(overlay);
  const planId = idOf(merged.value);
  const sharing = ownId === undefined ? undefined : namesById.get(ownId)?.find((other) => other !== name);
  if (ownId !== undefined && ownId !== null && ownId !== planId && sharing === undefined) return [];
  const { source, path } = merged.localPath(['profiles', name]);
  const message =
    sharing !== undefined
      ? `the profile "${name.slice(0, 60)}" has the id of the profile "${sharing.slice(0, 60)}"`
      : `the profile "${name.slice(0, 60)}" changes the plan and has no id of its own`;
  return [
    findingIn(source, {
      id: 'profile-id',
      severity,
      at: ownId === undefined ? path : [...path, 'metadata', 'id'],
      onKey: ownId === undefined,
      message,
      expected: 'metadata: { id: … } with another UUID in the profile',
      suggestion: 'make one with "uuidgen"; without it state and backups of two environments mix',
    }),
  ];
}

function idOf(value: PlainMap): unknown {
  return memberOf(memberOf(value, 'metadata'), 'id');
}

function withoutKeys(value: PlainMap, keys: readonly string[]): PlainMap {
  if (keys.every((key) => !Object.hasOwn(value, key))) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

/** RFC 7386: what a patch says replaces what is there, maps are patched, `null` removes. */
export function mergePatch(base: unknown, patch: PlainMap): PlainMap {
  const result = new Map(isPlainMap(base) ? Object.entries(base) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, isPlainMap(value) ? mergePatch(result.get(key), value) : value);
  }
  return Object.fromEntries(result);
}

/** Whether a patch makes a difference; looks only at what the patch names. */
function changes(base: unknown, patch: PlainMap): boolean {
  return Object.entries(patch).some(([key, value]) => {
    const before = memberOf(base, key);
    if (value === null) return before !== undefined;
    return isPlainMap(value) && isPlainMap(before)
      ? changes(before, value)
      : !isDeepStrictEqual(before, value);
  });
}

/** How far an overlay speaks for a composed path: whether it alone decides, and how deep it goes. */
export function overlayReach(
  overlay: unknown,
  path: PlanPath,
): { readonly decides: boolean; readonly depth: number } {
  let value = overlay;
  for (const [depth, part] of path.entries()) {
    if (!isPlainMap(value)) return { decides: true, depth };
    if (!Object.hasOwn(value, part)) return { decides: false, depth };
    value = value[part];
  }
  return { decides: !isPlainMap(value), depth: path.length };
}
