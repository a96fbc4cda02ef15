/** A command over every vault of the plan, one after the other, or over the one that is named. */
import { exitCodes } from '../error/codes.ts';
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { chooseVaultNamed, requestOf } from './choose-vault.ts';
import type { CliContext, VaultRequest } from './cli-context.ts';
import type { CommandEnd } from './command.ts';
import type { OptionSpec } from './command-spec.ts';
import type { Input } from './input.ts';
import { loadPlanIfThere, planOptions, profileOf } from './load-plan.ts';
import { aboutVault, shellWord } from './vault-word.ts';

/** For commands that look at all vaults of a plan. */
export const eachVaultOptions: readonly OptionSpec[] = [
  {
    flag: '--vault',
    value: 'LOCATION',
    description:
      'only this vault: where it is (a folder, s3://…, azure://…), or its name in the plan (default: every vault of the plan)',
  },
  ...planOptions,
];

export interface MeantVault {
  /** In the plan; absent for a vault that was named on the command line. */
  readonly name?: string;
  readonly request: VaultRequest;
}

/** The one that is wanted, else every vault of the plan, the primary one first. Raises USAGE when there is none. */
export async function vaultsMeant(
  context: CliContext,
  input: Input,
  wanted: string | undefined,
): Promise<readonly [MeantVault, ...MeantVault[]]> {
  const first = await chooseVaultNamed(context, input, wanted);
  if (wanted !== undefined) return [{ request: first }];
  const [primary, ...others] = await vaultsOfPlan(context, input);
  return primary === undefined ? [{ request: first }] : [primary, ...others];
}

/** By name: what a command that looks at one vault did not look at. None where that was named. */
export async function otherVaults(context: CliContext, input: Input): Promise<readonly string[]> {
  if (input.value('--vault') !== undefined) return [];
  const [, ...others] = await vaultsOfPlan(context, input);
  return others.map(({ name }) => name);
}

async function vaultsOfPlan(context: CliContext, input: Input) {
  const plan = await loadPlanIfThere(input.value('--plan'), context.folder, profileOf(input));
  if (plan?.parsed.draft === undefined) return [];
  const { resolvePlan } = await import('../plan/resolve-plan.ts');
  const { vaults, metadata } = resolvePlan(plan.parsed.draft.plan);
  const isFirst = ({ role }: { readonly role: string }) => role === 'primary';
  return [...vaults.filter(isFirst), ...vaults.filter((vault) => !isFirst(vault))].map((vault) => ({
    name: vault.name,
    request: requestOf(vault, plan.folder, metadata.id),
  }));
}

type Act = (context: CliContext, request: VaultRequest, name: string) => Promise<CommandEnd>;

/**
 * One vault ends as `act` ends. Of several each is done, whatever became of those before; the end has one entry for each
 * and the gravest error. What is printed for machines says of which vault it is.
 */
export async function onEachVault(
  context: CliContext,
  vaults: readonly [MeantVault, ...MeantVault[]],
  act: Act,
): Promise<CommandEnd> {
  const [{ request: only, name: onlyName = only.location }] = vaults;
  if (vaults.length === 1) return await act(context, only, onlyName);
  const ends: NamedEnd[] = [];
  for (const [at, { request, name = request.location }] of vaults.entries()) {
    await context.output.text(`${at === 0 ? '' : '\n'}${context.output.style.bold(name)}`);
    const done = () => act(contextOf(context, name), request, name);
    const end = await endOf(context, done, at === 0);
    const error = end.error && aboutVault(end.error, shellWord(name));
    ends.push({ name, ...end, ...(error === undefined ? {} : { error }) });
  }
  return together(context, ends);
}

interface NamedEnd extends CommandEnd {
  readonly name: string;
}

function contextOf(context: CliContext, vault: string): CliContext {
  const { output } = context;
  return {
    ...context,
    output: { ...output, result: (record, text) => output.result({ ...record, vault }, text) },
  };
}

/** What is wrong with the command line is no matter of one vault: the first one raises it. */
async function endOf(
  context: CliContext,
  done: () => Promise<CommandEnd>,
  isFirst: boolean,
): Promise<CommandEnd> {
  try {
    return await done();
  } catch (error) {
    if (!(error instanceof LifeboatError) || context.signal.aborted) throw error;
    if (isFirst && hasCode(error, 'USAGE')) throw error;
    const word = hasCode(error, 'VAULT_UNSUPPORTED') ? 'not looked at' : 'not done';
    await context.output.text(`${context.output.style.red(word)}: ${error.message}`);
    return { summary: {}, error };
  }
}

function together({ output }: CliContext, ends: readonly NamedEnd[]): CommandEnd {
  const failed = ends.flatMap(({ name, error }) => (error === undefined ? [] : [{ name, error }]));
  const isOpened = ({ error }: { readonly error: LifeboatError }) => !hasCode(error, 'VAULT_UNSUPPORTED');
  const notLookedAt = failed.filter((each) => !isOpened(each)).map(({ name }) => name);
  const gravest =
    failed.find(({ error }) => error.exitCode === exitCodes.damaged) ?? failed.find(isOpened) ?? failed[0];
  for (const { name, error } of failed)
    if (error !== gravest?.error) output.warn(`vault ${name}: ${error.message}${hintText(error)}`);
  const summary = {
    vaults: ends.map(({ name, summary: facts, error, exitCode }) => ({
      vault: name,
      ...facts,
      ...(error === undefined ? {} : { error: error.code }),
      exit_code: error?.exitCode ?? exitCode ?? exitCodes.done,
    })),
    failed: failed.map(({ name }) => name),
    ...(notLookedAt.length === 0 ? {} : { not_looked_at: notLookedAt }),
  };
  return gravest === undefined ? { summary } : { summary, error: gravest.error };
}

function hintText({ hint }: LifeboatError): string {
  return hint === undefined ? '' : `. ${hint}`;
}
