import { formatPlanPath, type PlanPath } from '../plan-path.ts';
import type { Plan } from '../plan-schema.ts';
import { planSchema } from '../plan-schema.ts';
import { isCapturedSource } from '../resolve-source.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { walkFields } from '../schema-walk.ts';
import { shippedLog } from '../shipped-log.ts';
import type { LintHit, LintRule } from './lint-rule.ts';
import { systemPlace } from './system-place.ts';

export const notExecuted: LintRule = {
  id: 'not-executed',
  severity: 'info',
  title: 'declared, not yet executed',
  explanation:
    'The field is understood and checked, but this version does not act on it. It is named here so that nobody relies on it.',
  fix: 'Nothing to change; do by hand what the field asks for until a later version does it.',
  check: (plan, _facts, written) => [...plannedFields(written), ...withoutEffect(plan)],
};

const placesNamedMax = 4;

/** One hit for each kind of field, at the first place where it stands. */
function plannedFields(written: Plan): readonly LintHit[] {
  const places = new Map<string, PlanPath[]>();
  let covered: PlanPath | undefined;
  for (const { path, facts } of walkFields(planSchema, written)) {
    if (covered !== undefined && isBelow(path, covered)) continue;
    covered = undefined;
    if (facts.use !== 'planned' || path.length === 0) continue;
    covered = path;
    const kind = kindOf(path);
    places.set(kind, [...(places.get(kind) ?? []), path]);
  }
  return [...places].map(([kind, paths]) => plannedHit(kind, paths));
}

function isBelow(path: PlanPath, top: PlanPath): boolean {
  return path.length > top.length && top.every((part, index) => path[index] === part);
}

/** `systems.*.logs`: names and indexes left out. */
function kindOf(path: PlanPath): string {
  const isName = (index: number) =>
    (index === 1 && path[0] !== 'objectives') || path[index - 1] === 'backups';
  return path.map((part, index) => (typeof part === 'number' || isName(index) ? '*' : part)).join('.');
}

function plannedHit(kind: string, paths: readonly PlanPath[]): LintHit {
  const [first = []] = paths;
  const names = paths.map((path) => formatPlanPath(path));
  const more = names.length > placesNamedMax ? ` and ${names.length - placesNamedMax} more` : '';
  const what = kind.replaceAll('.*', '');
  return {
    at: first,
    onKey: true,
    declares: what,
    message: `${what} is declared, not yet executed: ${names.slice(0, placesNamedMax).join(', ')}${more}`,
  };
}

/**
 * What this version would act on, were there something to act on. A source that is not captured and a vault that is
 * not opened declare no field: nothing else is backed up in their place, so their notes are never folded away.
 */
function withoutEffect({ systems, vaults }: ResolvedPlan): readonly LintHit[] {
  return [
    ...systems.flatMap((system) => [...emptySchedule(system), ...unkeptLog(system), ...uncaptured(system)]),
    ...vaults.flatMap((vault): LintHit[] =>
      vault.store === 'other'
        ? [
            {
              at: ['vaults', vault.name, 'location'],
              message: `the vault ${vault.name} is not opened yet: only folders, S3 and Azure are`,
            },
          ]
        : [],
    ),
  ];
}

function emptySchedule(system: ResolvedSystem): readonly LintHit[] {
  if (system.source !== undefined || system.schedules.length === 0) return [];
  const message = `${system.name} has a schedule but no source, so there is nothing to capture`;
  return [{ at: systemPlace(system.name, 'schedule'), severity: 'warning', message }];
}

function unkeptLog(system: ResolvedSystem): readonly LintHit[] {
  const { name, source, logs, schedules } = system;
  if (source === undefined || shippedLog(system) !== undefined) return [];
  const hits: LintHit[] = [];
  if (logs !== undefined) {
    const message = `the log of ${name} is declared, not yet kept: only that of PostgreSQL with method physical is`;
    hits.push({ at: systemPlace(name, 'logs'), onKey: true, message, declares: 'systems.logs' });
  }
  if (schedules.some((schedule) => schedule.kind === 'continuous')) {
    const message = `continuous logs of ${name} are declared, not yet executed`;
    hits.push({ at: systemPlace(name, 'schedule'), message, declares: 'systems.schedule' });
  }
  return hits;
}

function uncaptured({ name, source }: ResolvedSystem): readonly LintHit[] {
  if (source === undefined || isCapturedSource(source)) return [];
  const kind = source.kind === 'postgres' ? `postgres with method ${source.method}` : `kind ${source.kind}`;
  const message = `nothing of ${name} is captured yet: sources of ${kind} are not executed`;
  return [{ at: systemPlace(name, 'source', 'kind'), message }];
}
