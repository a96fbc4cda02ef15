import { unreachable } from '../error/assert.ts';
import type { SystemPlan } from './plan-schema.ts';
import type { LaterCheck, ResolvedCheck, RunnableCheck } from './resolved-plan.ts';

type CheckPlan = NonNullable<SystemPlan['checks']>[number];

const nameLengthMax = 80;

/** Fills in defaults; the names of the checks become unique. */
export function resolveChecks(checks: readonly CheckPlan[]): readonly ResolvedCheck[] {
  const used = new Set<string>();
  return checks.map((check) => {
    const name = uniqueName(givenName(check) ?? defaultName(check), used);
    used.add(name);
    return resolveCheck(check, name);
  });
}

function givenName(check: CheckPlan): string | undefined {
  return 'name' in check ? check.name : undefined;
}

function defaultName(check: CheckPlan): string {
  if (check.kind === 'sql') return shortened(check.query);
  if (check.kind === 'command')
    return shortened(typeof check.run === 'string' ? check.run : check.run.join(' '));
  return check.kind;
}

function shortened(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length <= nameLengthMax ? line : `${line.slice(0, nameLengthMax - 1)}…`;
}

function uniqueName(wanted: string, used: ReadonlySet<string>): string {
  let name = wanted;
  for (let count = 2; used.has(name); count += 1) name = `${wanted} (${count})`;
  return name;
}

function resolveCheck(check: CheckPlan, name: string): ResolvedCheck {
  if (isLater(check)) return { ...check, name };
  switch (check.kind) {
    case 'integrity':
    case 'foreign_keys':
      return { kind: check.kind, name };
    case 'sql':
      return {
        kind: 'sql',
        name,
        query: check.query,
        expect: check.expect === 'source' ? { kind: 'source' } : { kind: 'value', value: check.expect },
        tolerance: check.tolerance,
      };
    case 'row_counts':
      return { kind: 'row_counts', name, tables: check.tables, tolerance: check.tolerance };
    case 'tables':
      return { kind: 'tables', name, ...('tables' in check ? { tables: check.tables } : {}) };
    case 'files':
      return filesCheck(check, name);
    case 'command':
      return { kind: 'command', name, run: check.run, timeoutMs: check.timeout };
    default:
      return unreachable(check);
  }
}

/** Whether this version carries it out. */
export function isRunnableCheck(check: ResolvedCheck): check is RunnableCheck {
  return runnableKinds.has(check.kind);
}

const runnableKinds: ReadonlySet<string> = new Set([
  ...['integrity', 'foreign_keys', 'sql', 'row_counts', 'tables', 'files', 'command'],
]);

function isLater(check: CheckPlan): check is Extract<CheckPlan, { kind: LaterCheck['kind'] }> {
  return !runnableKinds.has(check.kind);
}

interface FilesCheckPlan {
  readonly kind: string;
  readonly min_count?: number;
  readonly manifest: boolean;
}

function filesCheck(check: FilesCheckPlan, name: string): ResolvedCheck {
  const minCount = check.min_count === undefined ? {} : { minCount: check.min_count };
  return { kind: 'files', name, ...minCount, manifest: check.manifest };
}
