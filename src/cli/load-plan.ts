/** Reads the plan that a command line means: `--plan FILE`, else `./lifeboat.yaml`. */
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LifeboatError, systemErrorName } from '../error/lifeboat-error.ts';
import type { ParsedPlan } from '../plan/parse-plan.ts';
import type { Plan } from '../plan/plan-schema.ts';
import type { ResolvedPlan } from '../plan/resolved-plan.ts';
import { plural } from './quantity-text.ts';

export interface LoadedPlan {
  /** Absolute. */
  readonly path: string;
  /** Absolute: relative paths of the plan count from it. */
  readonly folder: string;
  readonly parsed: ParsedPlan;
}

export interface RunnablePlan extends LoadedPlan {
  readonly plan: Plan;
  readonly resolved: ResolvedPlan;
}

export const planOption = {
  flag: '--plan',
  value: 'FILE',
  description: 'the plan (default: ./lifeboat.yaml)',
} as const;

const fileNameDefault = 'lifeboat.yaml';
const planBytesMax = 2 * 1024 * 1024;

/** With all its findings, whatever they are. Raises PLAN_NOT_FOUND, PLAN_TOO_LARGE, PERMISSION_DENIED. */
export async function loadPlan(option: string | undefined, folder: string): Promise<LoadedPlan> {
  const path = resolve(folder, option ?? fileNameDefault);
  const text = await readPlanText(path, option);
  const { parsePlan } = await import('../plan/parse-plan.ts');
  return { path, folder: dirname(path), parsed: parsePlan(text, option ?? fileNameDefault) };
}

/** `undefined` when no plan was named and there is none in the folder. */
export async function loadPlanIfThere(
  option: string | undefined,
  folder: string,
): Promise<LoadedPlan | undefined> {
  try {
    return await loadPlan(option, folder);
  } catch (error) {
    if (option === undefined && error instanceof LifeboatError && error.code === 'PLAN_NOT_FOUND')
      return undefined;
    throw error;
  }
}

/** A plan that may run. Raises PLAN_UNFINISHED while placeholders are the only errors, else PLAN_INVALID. */
export async function loadRunnablePlan(option: string | undefined, folder: string): Promise<RunnablePlan> {
  const loaded = await loadPlan(option, folder);
  const { parsed, path } = loaded;
  if (parsed.plan !== undefined) {
    const { resolvePlan } = await import('../plan/resolve-plan.ts');
    return { ...loaded, plan: parsed.plan, resolved: resolvePlan(parsed.plan) };
  }
  const errors = parsed.findings.filter((finding) => finding.severity === 'error');
  const unfinished = errors.every((finding) => finding.id === 'placeholder');
  const [first] = errors;
  const place = first === undefined ? '' : `, the first on line ${first.line}: ${first.message}`;
  throw new LifeboatError(
    unfinished ? 'PLAN_UNFINISHED' : 'PLAN_INVALID',
    `the plan ${path} has ${plural(errors.length, unfinished ? 'placeholder' : 'error')}${place}`,
    { hint: 'Run `lifeboat lint` to see all of them with their places.' },
  );
}

async function readPlanText(path: string, option: string | undefined): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > planBytesMax) throw tooLarge(path);
    return (await file.readFile()).toString('utf8');
  } catch (error) {
    throw planFailure(path, option, error);
  }
}

function planFailure(path: string, option: string | undefined, error: unknown): unknown {
  const errno = systemErrorName(error);
  if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EISDIR') {
    const hint =
      option === undefined
        ? 'Name it with --plan FILE, or run `lifeboat init` to make one.'
        : 'Check the path.';
    return new LifeboatError('PLAN_NOT_FOUND', `there is no plan at ${path}`, { hint });
  }
  if (errno === 'EACCES' || errno === 'EPERM') {
    const hint = 'Run as a user who may read it.';
    return new LifeboatError('PERMISSION_DENIED', `the plan ${path} cannot be read`, { hint, cause: error });
  }
  return error;
}

function tooLarge(path: string): LifeboatError {
  return new LifeboatError('PLAN_TOO_LARGE', `the plan ${path} has more than 2 MiB`, {
    hint: 'Check that this is the plan; data belongs into files that the plan names.',
  });
}
