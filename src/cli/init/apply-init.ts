/** Makes what was decided: key files and vaults, the recovery key, and last the plan. */
import { access, constants, copyFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { writeFileAtomically } from '../../platform/atomic-file.ts';
import type { Vault } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import { recordKey } from '../record-vault-event.ts';
import { newRecoveryKey } from '../recovery-key.ts';
import { makeSecretFile, requireAbsent } from '../secret-file.ts';
import type { RecoveryWish } from './init-choices.ts';
import { type Made, makeVaults, type VaultPlan } from './make-vaults.ts';

export interface InitPlan extends VaultPlan {
  /** The plan file's content. */
  readonly text: string;
  readonly recovery: RecoveryWish;
  readonly force: boolean;
}

export interface InitResult {
  /** In the order of the choices. */
  readonly vaultIds: readonly string[];
  /** The plan that was there before, if one was replaced. */
  readonly oldPlan?: string;
}

const idDigits = 8;
const planMode = 0o644;

/** What would stop it at the end is looked at first: the plan file and the recovery key's file. */
export async function requireRoom(
  planFile: string,
  force: boolean,
  recovery: RecoveryWish | undefined,
): Promise<void> {
  if (!force) await requireNoPlan(planFile);
  await requireFolder(dirname(planFile), 'the plan');
  if (recovery?.kind !== 'file') return;
  await requireAbsent(recovery.path);
  await requireFolder(dirname(recovery.path), 'the recovery key');
}

/** A failure half-way says what exists and how to go on. */
export async function applyInit(context: AppContext, plan: InitPlan): Promise<InitResult> {
  const made: Made = [];
  try {
    await using opened = new AsyncDisposableStack();
    const vaults = await makeVaults(context, plan, made, opened);
    await makeRecoveryKey(context, plan, vaults, made);
    const oldPlan = await writePlan(plan);
    return { vaultIds: vaults.map(({ id }) => id), ...(oldPlan === undefined ? {} : { oldPlan }) };
  } catch (error) {
    throw made.length === 0 ? error : halfway(error, made, plan);
  }
}

/** One key for all new vaults: a person keeps one sheet of paper. Vaults that were there have one already. */
async function makeRecoveryKey(
  context: AppContext,
  { choices, recovery }: InitPlan,
  vaults: readonly Vault[],
  made: Made,
): Promise<void> {
  const fresh = vaults.filter((_vault, index) => choices.vaults[index]?.state === 'new');
  if (recovery.kind === 'none' || fresh.length === 0) return;
  const key = newRecoveryKey();
  context.output.hide(key);
  // shown or written first: a key that nobody has would be one more way in for nobody
  if (recovery.kind === 'show') context.output.showSecret(key);
  else await makeSecretFile(recovery.path, key);
  made.push(recovery.kind === 'show' ? 'the recovery key' : `the recovery key in ${recovery.path}`);
  for (const vault of fresh) {
    const { id } = await vault.repository.addKey(key, context.signal);
    await recordKey(context, vault, { action: 'add', keyId: id, purpose: 'recovery' });
  }
}

/** Gives the place of the plan that was there before. */
async function writePlan({ choices, id, text, force }: InitPlan): Promise<string | undefined> {
  const { planFile } = choices;
  try {
    const oldPlan = force ? await setAside(planFile, id) : undefined;
    if (!force) await requireNoPlan(planFile);
    await writeFileAtomically(planFile, text, planMode);
    return oldPlan;
  } catch (cause) {
    const errno = systemErrorName(cause);
    if (errno === undefined) throw cause;
    const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'DISK_FULL' : 'PERMISSION_DENIED';
    throw new LifeboatError(code, `the plan ${planFile} cannot be written: ${errno}`, { cause });
  }
}

async function setAside(planFile: string, id: string): Promise<string | undefined> {
  const aside = `${planFile}.before-${id.slice(0, idDigits)}`;
  try {
    await copyFile(planFile, aside, constants.COPYFILE_EXCL);
    return aside;
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function requireNoPlan(planFile: string): Promise<void> {
  try {
    await access(planFile);
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return;
    throw error;
  }
  throw new LifeboatError('PLAN_EXISTS', `there is a plan at ${planFile} already`, {
    hint: 'Edit it, name another file with --plan, or replace it with --force; the old one is kept beside it.',
  });
}

/** Raises PERMISSION_DENIED when nothing can be written in it. It is not made: a person may still give up. */
async function requireFolder(folder: string, what: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const errno = systemErrorName(cause) ?? 'unknown error';
    throw new LifeboatError('PERMISSION_DENIED', `${what} cannot be written into ${folder}: ${errno}`, {
      hint: 'Name a file in a folder that is there and that you may write. Nothing was made.',
      cause,
    });
  }
}

function halfway(cause: unknown, made: Made, plan: InitPlan): LifeboatError {
  const known = cause instanceof LifeboatError ? cause : undefined;
  const message = known?.message ?? (cause instanceof Error ? cause.message : String(cause));
  const vaults = plan.choices.vaults.filter(({ path }) => made.includes(`the vault ${path}`));
  const key = vaults.map(({ name }) => plan.keys.get(name)?.path).find((path) => path !== undefined);
  const goOn = [
    ...vaults.map(({ path }) => `--vault ${path}`),
    ...(key === undefined ? [] : [`--key-file ${key}`]),
  ];
  const next =
    vaults.length === 0
      ? 'Remove what is left, and run init again.'
      : `Run init again with ${goOn.join(' ')} to use what is there, or remove it.`;
  return new LifeboatError(
    known?.code ?? 'INTERNAL',
    `${message}; init stopped before the plan was written. There is now: ${made.join(', ')}`,
    { hint: [known?.hint, next].filter((text) => text !== undefined).join(' '), details: { made }, cause },
  );
}
