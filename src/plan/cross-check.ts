/** What is wrong between fields that are each right: references that lead nowhere, cycles, checks that cannot be run. */

import { parseSchedule } from '../schedule/parse-schedule.ts';
import type { ScheduleError } from '../schedule/schedule.ts';
import type { UnplacedFinding } from './finding.ts';
import { nearestName } from './nearest-name.ts';
import type { PlanPath } from './plan-path.ts';
import type { Plan, SystemPlan } from './plan-schema.ts';

/** The names that a file declares, also those whose content has errors. */
export interface DeclaredNames {
  readonly systems: ReadonlySet<string>;
  readonly vaults: ReadonlySet<string>;
  /** Absent when the file has no such block: then any name may be used. */
  readonly tiers?: ReadonlySet<string>;
  readonly dataClasses?: ReadonlySet<string>;
}

/** Nobody reads more, and each unknown name is compared with many. */
const crossFindingsMax = 500;

export function crossCheck(plan: Plan, names: DeclaredNames): readonly UnplacedFinding[] {
  const zone = plan.metadata.time_zone ?? 'UTC';
  const findings: UnplacedFinding[] = [];
  if (names.systems.size === 0) findings.push(nothingThere('systems', 'there is nothing to protect'));
  if (names.vaults.size === 0) findings.push(nothingThere('vaults', 'there is nowhere to back up to'));
  for (const [name, system] of Object.entries(plan.systems)) {
    if (findings.length > crossFindingsMax) break;
    findings.push(...referencesOf(name, system, names), ...schedulesOf(name, system, zone));
    findings.push(...checksOf(name, system), ...canaryOf(name, system));
  }
  return [...findings, ...dependencyCycles(plan)];
}

function nothingThere(key: string, message: string): UnplacedFinding {
  return {
    id: 'nothing-declared',
    severity: 'error',
    at: [key],
    onKey: true,
    message,
    expected: `at least one entry in "${key}"`,
  };
}

function referencesOf(name: string, system: SystemPlan, names: DeclaredNames): readonly UnplacedFinding[] {
  const at = ['systems', name];
  return [
    ...listReferences('system', system.depends_on, names.systems, [...at, 'depends_on']),
    ...listReferences('vault', system.vaults, names.vaults, [...at, 'vaults']),
    ...listReferences('data class', system.data_classes, names.dataClasses, [...at, 'data_classes']),
    ...(system.tier === undefined ? [] : reference('tier', system.tier, names.tiers, [...at, 'tier'])),
  ];
}

function listReferences(
  what: string,
  given: readonly string[] | undefined,
  known: ReadonlySet<string> | undefined,
  at: PlanPath,
) {
  return (given ?? []).flatMap((name, index) => reference(what, name, known, [...at, index]));
}

function reference(
  what: string,
  name: string,
  known: ReadonlySet<string> | undefined,
  at: PlanPath,
): UnplacedFinding[] {
  if (known === undefined || known.has(name)) return [];
  const near = nearestName(name, [...known]);
  const suggestion = near === undefined ? `declare a ${what} of this name` : `did you mean "${near}"?`;
  const expected =
    known.size === 0 ? `a ${what} that the plan declares` : `one of ${[...known].slice(0, 12).join(', ')}`;
  return [
    {
      id: 'unknown-reference',
      severity: 'error',
      at,
      message: `there is no ${what} "${name}"`,
      expected,
      suggestion,
    },
  ];
}

function schedulesOf(name: string, system: SystemPlan, zone: string): readonly UnplacedFinding[] {
  const given = system.schedule ?? [];
  const texts = typeof given === 'string' ? [given] : given;
  return texts.flatMap((text, index) => {
    const result = parseSchedule(text, zone);
    const at = ['systems', name, 'schedule', ...(typeof given === 'string' ? [] : [index])];
    return result.ok
      ? []
      : [{ id: 'wrong-schedule', severity: 'error' as const, at, ...scheduleWords(result.error) }];
  });
}

function scheduleWords(error: ScheduleError): Pick<UnplacedFinding, 'message' | 'expected' | 'suggestion'> {
  const { message, expected, suggestion } = error;
  return {
    message,
    expected,
    ...(suggestion === undefined ? {} : { suggestion: `did you mean "${suggestion}"?` }),
  };
}

const sqliteChecks: readonly string[] = ['integrity', 'foreign_keys', 'sql'];

function checksOf(name: string, system: SystemPlan): readonly UnplacedFinding[] {
  const kind = system.source?.kind;
  return (system.checks ?? []).flatMap((check, index) => {
    const misplaced = sqliteChecks.includes(check.kind) && kind !== 'sqlite';
    if (!misplaced) return [];
    return [
      {
        id: 'check-unsuitable',
        severity: 'error' as const,
        at: ['systems', name, 'checks', index],
        message: `the check "${check.kind}" needs a source of kind sqlite, and this system has ${kind ?? 'no source'}`,
        expected: kind === undefined ? 'a source' : 'the check "files" or "command"',
      },
    ];
  });
}

function canaryOf(name: string, system: SystemPlan): readonly UnplacedFinding[] {
  const wanted = system.canary?.kind === 'table' ? 'sqlite' : 'files';
  if (system.canary === undefined || system.source?.kind === wanted) return [];
  const message = `a canary of kind ${system.canary.kind} needs a source of kind ${wanted}`;
  return [
    { id: 'canary-unsuitable', severity: 'error', at: ['systems', name, 'canary'], onKey: true, message },
  ];
}

/** Every cycle of `depends_on` that a walk meets, spelled out. Iterative: a plan may chain thousands of systems. */
function dependencyCycles(plan: Plan): readonly UnplacedFinding[] {
  const done = new Set<string>();
  return Object.keys(plan.systems).flatMap((start) => cyclesFrom(start, plan, done).map(cycleFinding));
}

function cyclesFrom(start: string, plan: Plan, done: Set<string>): readonly (readonly string[])[] {
  const cycles: (readonly string[])[] = [];
  const trail: string[] = [];
  const pending = [{ name: start, depth: 0 }];
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    const { name, depth } = step;
    for (const left of trail.splice(depth)) done.add(left);
    if (done.has(name)) continue;
    const at = trail.indexOf(name);
    if (at !== -1) {
      cycles.push([...trail.slice(at), name]);
      continue;
    }
    trail.push(name);
    pending.push(...dependenciesOf(plan, name).map((next) => ({ name: next, depth: depth + 1 })));
  }
  for (const left of trail) done.add(left);
  return cycles;
}

function dependenciesOf(plan: Plan, name: string): readonly string[] {
  return (Object.hasOwn(plan.systems, name) ? plan.systems[name]?.depends_on : undefined) ?? [];
}

function cycleFinding(cycle: readonly string[]): UnplacedFinding {
  const spelled = cycle.length > 12 ? [...cycle.slice(0, 10), '…', cycle.at(-1)] : cycle;
  return {
    id: 'dependency-cycle',
    severity: 'error',
    at: ['systems', cycle[0] ?? '', 'depends_on'],
    onKey: true,
    message: `the systems depend on each other in a circle: ${spelled.join(' → ')}`,
    suggestion: 'remove one of these dependencies; otherwise nothing can be recovered first',
  };
}
