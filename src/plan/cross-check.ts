/** What is wrong between fields that are each right: references that lead nowhere, cycles, checks that cannot be run. */

import { parseSchedule } from '../schedule/parse-schedule.ts';
import type { ScheduleError } from '../schedule/schedule.ts';
import type { DeclaredNames } from './declared-names.ts';
import type { UnplacedFinding } from './finding.ts';
import { logFindings } from './log-findings.ts';
import type { PlanPath } from './plan-path.ts';
import type { Plan, SystemPlan } from './plan-schema.ts';
import { referenceFindings, unknownReference } from './reference-findings.ts';

/** Nobody reads more, and each unknown name is compared with many. */
const crossFindingsMax = 500;

export function crossCheck(plan: Plan, names: DeclaredNames): readonly UnplacedFinding[] {
  const zone = plan.metadata.time_zone;
  const findings: UnplacedFinding[] = [];
  if (names.get('system')?.size === 0) findings.push(nothingThere('systems', 'there is nothing to protect'));
  if (names.get('vault')?.size === 0) findings.push(nothingThere('vaults', 'there is nowhere to back up to'));
  for (const finding of referenceFindings(plan, names)) {
    findings.push(finding);
    if (findings.length > crossFindingsMax) break;
  }
  for (const [name, system] of Object.entries(plan.systems)) {
    if (findings.length > crossFindingsMax) break;
    findings.push(...schedulesOf(name, system, zone), ...checksOf(name, system), ...canaryOf(name, system));
    findings.push(...twoSchedules(name, system), ...alternativesOf(name, system));
    findings.push(...logFindings(name, system, plan));
  }
  for (const [name, drill] of Object.entries(plan.drills ?? {})) {
    findings.push(...scheduleFindings(drill.schedule, ['drills', name, 'schedule'], zone));
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

function schedulesOf(name: string, system: SystemPlan, zone: string): readonly UnplacedFinding[] {
  const lines = Object.entries(system.backups ?? {});
  return [
    ...scheduleFindings(system.schedule, ['systems', name, 'schedule'], zone),
    ...lines.flatMap(([line, backup]) =>
      scheduleFindings(backup.schedule, ['systems', name, 'backups', line, 'schedule'], zone),
    ),
  ];
}

function scheduleFindings(
  given: SystemPlan['schedule'],
  at: PlanPath,
  zone: string,
): readonly UnplacedFinding[] {
  const texts = typeof given === 'string' ? [given] : (given ?? []);
  return texts.flatMap((text, index) => {
    const result = parseSchedule(text, zone);
    if (result.ok) return [];
    const place = typeof given === 'string' ? at : [...at, index];
    return [{ id: 'wrong-schedule', severity: 'error' as const, at: place, ...scheduleWords(result.error) }];
  });
}

/** What runs when must stand in one place. */
function twoSchedules(name: string, system: SystemPlan): readonly UnplacedFinding[] {
  if (system.schedule === undefined || system.backups === undefined) return [];
  return [
    {
      id: 'two-schedules',
      severity: 'error',
      at: ['systems', name, 'schedule'],
      onKey: true,
      message: `${name} has both a schedule and backups with schedules of their own`,
      suggestion: 'move the schedule into the backups',
      relatedAt: { at: ['systems', name, 'backups'], message: 'the backups stand here' },
    },
  ];
}

/** Another line of the same system, which is therefore none of the names that the plan declares. */
function alternativesOf(name: string, system: SystemPlan): readonly UnplacedFinding[] {
  const lines = Object.entries(system.backups ?? {});
  return lines.flatMap(([line, { alternative_to: other }]) => {
    const others = new Set(lines.map(([each]) => each).filter((each) => each !== line));
    if (other === undefined || others.has(other)) return [];
    const at: PlanPath = ['systems', name, 'backups', line, 'alternative_to'];
    return [unknownReference('line of backups', other, others, at)];
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

/** Which sources a check can be made of; a check that is not named suits all. */
const suitedSources: Readonly<Record<string, readonly string[]>> = {
  integrity: ['sqlite', 'postgres', 'mysql'],
  foreign_keys: ['sqlite', 'postgres', 'mysql'],
  sql: ['sqlite', 'postgres', 'mysql'],
  row_counts: ['sqlite', 'postgres', 'mysql'],
  tables: ['postgres', 'mysql'],
};

function checksOf(name: string, system: SystemPlan): readonly UnplacedFinding[] {
  const kind = system.source?.kind;
  return (system.checks ?? []).flatMap((check, index) => {
    const suited = suitedSources[check.kind];
    if (suited === undefined || suited.includes(kind ?? '')) return [];
    return [
      {
        id: 'check-unsuitable',
        severity: 'error' as const,
        at: ['systems', name, 'checks', index],
        message: `the check "${check.kind}" needs a source of kind ${oneOf(suited)}, and this system has ${kind ?? 'no source'}`,
        expected: kind === undefined ? 'a source' : 'the check "files" or "command"',
      },
    ];
  });
}

function oneOf(kinds: readonly string[]): string {
  const [first = '', ...rest] = kinds;
  const last = rest.pop();
  return last === undefined ? first : `${[first, ...rest].join(', ')} or ${last}`;
}

function canaryOf(name: string, system: SystemPlan): readonly UnplacedFinding[] {
  const suited = system.canary?.kind === 'table' ? ['sqlite', 'postgres'] : ['files'];
  if (system.canary === undefined || suited.includes(system.source?.kind ?? '')) return [];
  const message = `a canary of kind ${system.canary.kind} needs a source of kind ${oneOf(suited)}`;
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
