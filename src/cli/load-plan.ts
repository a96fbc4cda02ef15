/** Reads the plan that a command line means: `--plan FILE`, else `./lifeboat.yaml`, under `--profile NAME`. */
import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { chosenProfile } from '../config/plan-profile.ts';
import { LifeboatError, systemErrorName } from '../error/lifeboat-error.ts';
import type { Finding } from '../plan/finding.ts';
import type { ParsedPlan } from '../plan/parse-plan.ts';
import type { Plan } from '../plan/plan-schema.ts';
import type { ResolvedPlan } from '../plan/resolved-plan.ts';
import type { OptionSpec } from './command-spec.ts';
import type { Input } from './input.ts';
import { planFault } from './plan-fault.ts';

export interface LoadedPlan {
  /** Absolute. */
  readonly path: string;
  /** Absolute: relative paths of the plan count from it. */
  readonly folder: string;
  /** Absolute: the plan's file and those it includes, also those that could not be read. */
  readonly files: readonly string[];
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

export const profileOption = {
  flag: '--profile',
  value: 'NAME',
  description: 'a profile of the plan, such as staging (default: $LIFEBOAT_PROFILE, else none)',
} as const;

/** For every command that reads a plan. */
export const planOptions: readonly OptionSpec[] = [planOption, profileOption];

/** What commands with `planOptions` hand on as the profile. */
export function profileOf(input: Input): string | undefined {
  return chosenProfile(input.value('--profile'));
}

const fileNameDefault = 'lifeboat.yaml';
const planBytesMax = 2 * 1024 * 1024;

/**
 * With all its findings, whatever they are. Raises PLAN_NOT_FOUND, PLAN_TOO_LARGE, PERMISSION_DENIED, and USAGE when
 * the plan has no such profile.
 */
export async function loadPlan(
  option: string | undefined,
  folder: string,
  profile?: string,
): Promise<LoadedPlan> {
  const fileName = option ?? fileNameDefault;
  const path = resolve(folder, fileName);
  const text = await readPlanText(path, option);
  const { parsePlan } = await import('../plan/parse-plan.ts');
  const { readIncludes } = await import('./read-includes.ts');
  const files = await readIncludes(text, fileName, folder);
  const parsed = parsePlan(text, fileName, { files, ...(profile === undefined ? {} : { profile }) });
  const unknown = parsed.findings.find(({ id }) => id === 'unknown-profile');
  if (unknown !== undefined) throw noSuchProfile(path, unknown);
  return {
    path,
    folder: dirname(path),
    files: [path, ...[...files.keys()].map((name) => resolve(folder, name))],
    parsed,
  };
}

/** Not a fault of the plan: under another profile than the one meant nothing must be done. */
function noSuchProfile(path: string, { message, expected, suggestion }: Finding): LifeboatError {
  const known = expected?.replace(/^one of /, '') ?? 'none';
  return new LifeboatError('USAGE', `${message} in the plan ${path}`, {
    hint: `Known profiles: ${known}${suggestion === undefined ? '.' : `; ${suggestion}`}`,
  });
}

/** `undefined` when no plan was named and there is none in the folder. */
export async function loadPlanIfThere(
  option: string | undefined,
  folder: string,
  profile?: string,
): Promise<LoadedPlan | undefined> {
  try {
    return await loadPlan(option, folder, profile);
  } catch (error) {
    if (option === undefined && error instanceof LifeboatError && error.code === 'PLAN_NOT_FOUND')
      return undefined;
    throw error;
  }
}

/** A plan that may run. Raises PLAN_UNFINISHED while placeholders are the only errors, else PLAN_INVALID. */
export async function loadRunnablePlan(
  option: string | undefined,
  folder: string,
  profile?: string,
): Promise<RunnablePlan> {
  const loaded = await loadPlan(option, folder, profile);
  const { parsed, path } = loaded;
  if (parsed.plan !== undefined) {
    const { resolvePlan } = await import('../plan/resolve-plan.ts');
    return { ...loaded, plan: parsed.plan, resolved: resolvePlan(parsed.plan) };
  }
  throw planFault(
    path,
    parsed.findings.filter(({ severity }) => severity === 'error'),
  );
}

async function readPlanText(path: string, option: string | undefined): Promise<string> {
  try {
    if (isNamedPipe(path, await stat(path))) throw namedPipe(path);
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > planBytesMax) throw tooLarge(path);
    return (await file.readFile()).toString('utf8');
  } catch (error) {
    throw planFailure(path, option, error);
  }
}

/** Opening one waits for somebody who writes, and no signal ends that. The pipe of `<(…)` has its writer already. */
function isNamedPipe(path: string, stats: Stats): boolean {
  return stats.isFIFO() && !/^\/(?:dev|proc\/[^/]+)\/fd\/\d+$/.test(path);
}

function namedPipe(path: string): LifeboatError {
  return new LifeboatError('PLAN_NOT_FOUND', `${path} is a pipe and no file`, {
    hint: 'Write the plan into a file first.',
  });
}

/** A circle of links, or a name that no file can have, leads nowhere as well. */
const notThere: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG']);

function planFailure(path: string, option: string | undefined, error: unknown): unknown {
  const errno = systemErrorName(error);
  if (errno !== undefined && notThere.has(errno)) {
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
