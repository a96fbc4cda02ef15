/** One plan, read, checked and resolved: what commands that work under a plan begin with. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { formatFinding } from '../../plan/format-finding.ts';
import { type ParsedPlan, parsePlan } from '../../plan/parse-plan.ts';
import { planHash } from '../../plan/plan-hash.ts';
import { planBytesMax } from '../../plan/read-yaml.ts';
import { resolvePlan } from '../../plan/resolve-plan.ts';
import type { ResolvedPlan, ResolvedSystem } from '../../plan/resolved-plan.ts';
import { systemHash } from '../../plan/system-hash.ts';

export interface PlanSession {
  readonly plan: ResolvedPlan;
  readonly planHash: string;
  /** Absolute. */
  readonly fileName: string;
  /** What relative paths in the plan count from. */
  readonly folder: string;
  readonly text: string;
}

export const defaultPlanFile = 'lifeboat.yaml';

/** Raises PLAN_NOT_FOUND, PLAN_TOO_LARGE, and PLAN_INVALID or PLAN_UNFINISHED with all findings in the message. */
export function openPlan(fileName: string): PlanSession {
  const absolute = resolve(fileName);
  const parsed = parsePlan(readPlanText(absolute), fileName);
  if (parsed.plan === undefined) throw cannotRun(parsed);
  const plan = resolvePlan(parsed.plan);
  return { plan, planHash: planHash(plan), fileName: absolute, folder: dirname(absolute), text: parsed.text };
}

/** The text of a plan file; larger files than a plan may be are not read. */
export function readPlanText(fileName: string): string {
  try {
    if (statSync(fileName).size > planBytesMax) throw tooLarge(fileName);
    return readFileSync(fileName, 'utf8');
  } catch (cause) {
    if (cause instanceof LifeboatError) throw cause;
    const reason = systemErrorName(cause);
    throw new LifeboatError('PLAN_NOT_FOUND', `the plan ${fileName} cannot be read: ${reason}`, {
      hint: 'Name the plan with --plan, or make one with `lifeboat init`.',
      cause,
    });
  }
}

export function identityOf(system: ResolvedSystem): { readonly name: string; readonly hash: string } {
  return { name: system.name, hash: systemHash(system) };
}

/** All systems with data, or those named. Raises SYSTEM_NOT_FOUND naming what there is. */
export function chosenSystems(plan: ResolvedPlan, names: readonly string[]): readonly ResolvedSystem[] {
  const withData = plan.systems.filter(({ source }) => source !== undefined);
  if (names.length === 0) return withData;
  return names.map((name) => {
    const system = withData.find((candidate) => candidate.name === name);
    if (system) return system;
    throw new LifeboatError('SYSTEM_NOT_FOUND', `the plan has no system "${name}" with data`, {
      hint: `It has: ${withData.map((candidate) => candidate.name).join(', ')}.`,
    });
  });
}

function tooLarge(fileName: string): LifeboatError {
  return new LifeboatError('PLAN_TOO_LARGE', `the plan ${fileName} is larger than ${planBytesMax} bytes`, {
    hint: 'Split it, or check that it is the right file.',
  });
}

function cannotRun(parsed: ParsedPlan): LifeboatError {
  const errors = parsed.findings.filter(({ severity }) => severity === 'error');
  const unfinished = errors.length > 0 && errors.every(({ owes }) => owes !== undefined);
  const text = errors.map((finding) => formatFinding(finding, parsed.fileName, parsed.text)).join('\n\n');
  const what = unfinished ? 'placeholders that somebody owes' : 'errors';
  return new LifeboatError(
    unfinished ? 'PLAN_UNFINISHED' : 'PLAN_INVALID',
    `the plan has ${what}\n\n${text}\n`,
    {
      hint: 'Mend them and run `lifeboat lint`.',
      details: { findings: errors },
    },
  );
}
