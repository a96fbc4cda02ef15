/** What init says: before, what it will make; afterwards, what there is and what to do next. */
import type { Finding } from '../../plan/finding.ts';
import type { AppContext } from '../cli-context.ts';
import type { CommandEnd } from '../command.ts';
import type { InitPlan, InitResult } from './apply-init.ts';
import type { ChosenSource, KeySource } from './init-choices.ts';
import { placeInPlan } from './plan-yaml.ts';

export function initSummary({ choices, keys, recovery }: InitPlan): readonly string[] {
  const { planFile, rpo, rto, schedule, timeZone } = choices;
  return [
    `plan      ${planFile}`,
    ...choices.systems.map(({ name, source }) => `system    ${name}: ${sourceText(source, planFile)}`),
    `lose at most ${rpo}, back in ${rto}, backups ${schedule} (${timeZone})`,
    ...choices.vaults.map(
      ({ role, path, state }) => `vault     ${path} (${role}${state === 'there' ? ', there already' : ''})`,
    ),
    ...[...new Set([...keys.values()].map(({ path }) => path))].map((path) => `key file  ${path}`),
    ...(recovery.kind === 'none' ? [] : ['recovery key, which opens the new vaults as well']),
  ];
}

function sourceText(source: ChosenSource, planFile: string): string {
  switch (source.kind) {
    case 'sqlite':
      return `SQLite database ${placeInPlan(source.path, planFile)}`;
    case 'files':
      return `files in ${source.paths.map((path) => placeInPlan(path, planFile)).join(', ')}`;
    case 'env':
      return `settings in ${source.files.map((path) => placeInPlan(path, planFile)).join(', ')}`;
    default:
      return source satisfies never;
  }
}

export interface InitReport {
  readonly plan: InitPlan;
  readonly result: InitResult;
  readonly warnings: readonly Finding[];
  readonly keySource: KeySource;
  /** ` --plan FILE`, or nothing. */
  readonly planArgument: string;
}

export async function tellResult(context: AppContext, report: InitReport): Promise<CommandEnd> {
  const { output } = context;
  const { plan, result } = report;
  await tellVaults(context, report);
  for (const { name, source } of plan.choices.systems) {
    const text = `system ${name}: ${sourceText(source, plan.choices.planFile)}`;
    await output.result({ type: 'system', name, kind: source.kind }, text);
  }
  await output.result(
    { type: 'plan', path: plan.choices.planFile, id: plan.id, replaced: result.oldPlan ?? null },
    `wrote ${plan.choices.planFile}`,
  );
  if (result.oldPlan !== undefined) output.note(`the plan that was there is now ${result.oldPlan}`);
  if (report.keySource.kind === 'environment')
    output.note(`the plan names no password: set ${report.keySource.variable} for every later run, too`);
  for (const { message, suggestion } of report.warnings)
    output.warn(suggestion === undefined ? message : `${message}; ${suggestion}`);
  const names = ['lint', 'backup', 'verify', ...(plan.recovery.kind === 'none' ? [] : ['key test'])];
  const next = names.map((name) => `lifeboat ${name}${report.planArgument}`);
  await tellNext(context, next);
  return {
    summary: {
      plan: plan.choices.planFile,
      plan_id: plan.id,
      systems: plan.choices.systems.map(({ name }) => name),
      vaults: plan.choices.vaults.map(({ path }) => path),
      recovery_key: plan.recovery.kind !== 'none',
      next,
    },
  };
}

async function tellVaults({ output }: AppContext, { plan, result }: InitReport): Promise<void> {
  for (const [index, { name, role, path, state }] of plan.choices.vaults.entries()) {
    const keyFile = plan.keys.get(name)?.path;
    const from = keyFile === undefined ? '' : `, its key is ${keyFile}`;
    await output.result(
      {
        type: 'vault',
        name,
        role,
        location: path,
        id: result.vaultIds[index],
        made: state === 'new',
        key_file: keyFile ?? null,
      },
      `${state === 'new' ? 'made' : 'uses'} the ${role} vault ${path}${from}`,
    );
  }
  if (plan.recovery.kind === 'file') {
    const { path } = plan.recovery;
    await output.result(
      { type: 'recovery_key', file: path },
      `the recovery key is in ${path}: keep it somewhere else`,
    );
  }
  if (plan.keys.size > 0)
    output.note('Keep a copy of the key files off this machine: without a key nothing opens.');
}

async function tellNext(
  { output }: AppContext,
  [lint, backup, verify, keyTest]: readonly string[],
): Promise<void> {
  await output.text('');
  await output.text('next:');
  await output.text(`  ${lint}     says what is weak in the plan`);
  await output.text(`  ${backup}   takes the first backup`);
  await output.text(`  ${verify}   proves that it can be restored`);
  if (keyTest !== undefined)
    await output.text(`  ${keyTest}   proves that the recovery key on your paper works`);
}
