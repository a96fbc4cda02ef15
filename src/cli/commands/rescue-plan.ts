/** `lifeboat rescue plan`: the plan under which the backups ran, out of the vault itself. */

import { mkdir, open } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import type { ArchivedPlan } from '../../vault/vault.ts';
import { vaultAlone, vaultAloneOption } from '../choose-vault.ts';
import type { CliContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import type { Output } from '../output.ts';
import { momentText } from '../quantity-text.ts';
import { tableLines } from '../table.ts';

export const rescuePlan: Command = {
  description:
    'Every plan that ran is kept in the vault. This prints the newest, or writes it to a file, so that the ' +
    'other commands work again on a new machine. Secrets are references in it, never values.',
  options: [
    vaultAloneOption,
    { flag: '--list', description: 'list all the plans instead, newest first' },
    { flag: '--hash', value: 'HASH', description: 'the plan with this hash or its beginning' },
    { flag: '--to', value: 'FILE', description: 'write it to a new FILE instead of printing it' },
  ],
  examples: [
    { line: 'lifeboat rescue plan --vault /mnt/usb/vault --to lifeboat.yaml', says: 'write the newest out' },
    { line: 'lifeboat rescue plan --vault /mnt/usb/vault --list', says: 'see which there are' },
  ],
  run: async (context, input) => {
    const { output, signal } = context;
    await using vault = await context.openVault(vaultAlone(input));
    const plans = await vault.plans.list(signal, output.warn);
    if (input.has('--list')) return await listed(output, plans);
    const plan = chosen(plans, input.value('--hash'), vault.location);
    const target = input.value('--to');
    if (target !== undefined) return await written(context, plan, resolve(context.folder, target));
    await output.result(planRecord(plan, true), plan.text.replace(/\n$/, ''));
    const name = basename(plan.fileName);
    output.note(`(${name}, saved ${momentText(plan.savedAtMs)}; --to ${name} writes it to a file)`);
    return { summary: { plan_hash: plan.planHash } };
  },
};

async function listed(output: Output, plans: readonly ArchivedPlan[]) {
  const columns = [{ heading: 'hash' }, { heading: 'saved' }, { heading: 'file' }];
  const rows = plans.map(({ planHash, savedAtMs, fileName }) => [
    planHash.slice(0, 15),
    momentText(savedAtMs),
    fileName,
  ]);
  if (output.json) for (const plan of plans) await output.result(planRecord(plan, false));
  else for (const line of tableLines(columns, rows, output.style)) await output.text(line);
  return { summary: { plans: plans.length } };
}

/** Raises PLAN_NOT_FOUND. */
function chosen(plans: readonly ArchivedPlan[], hash: string | undefined, location: string): ArchivedPlan {
  const wanted = hash === undefined || hash.includes(':') ? hash : `v1:${hash}`;
  const plan = wanted === undefined ? plans[0] : plans.find(({ planHash }) => planHash.startsWith(wanted));
  if (plan !== undefined) return plan;
  const which = hash === undefined ? 'no plan' : `no plan with the hash ${hash}`;
  throw new LifeboatError('PLAN_NOT_FOUND', `the vault ${location} holds ${which}`, {
    hint:
      plans.length === 0
        ? 'Only backups under a plan leave one; `lifeboat rescue restore` works without.'
        : 'Run `lifeboat rescue plan --list` to see which there are.',
  });
}

/** On a new machine the folder of the plan is not there yet. Raises RESTORE_REFUSED and PERMISSION_DENIED. */
async function written({ output }: CliContext, plan: ArchivedPlan, path: string) {
  try {
    await mkdir(dirname(path), { recursive: true });
    await using file = await open(path, 'wx', 0o644);
    await file.writeFile(plan.text);
    await file.sync();
  } catch (error) {
    throw notWritten(path, error);
  }
  await output.result(planRecord(plan, false), `wrote the plan of ${momentText(plan.savedAtMs)} to ${path}`);
  return { summary: { plan_hash: plan.planHash, file: path } };
}

function notWritten(path: string, error: unknown): unknown {
  const options = { hint: 'Name another file with --to.', cause: error };
  switch (systemErrorName(error)) {
    case 'EEXIST':
      return new LifeboatError('RESTORE_REFUSED', `the file ${path} exists already`, options);
    case 'ENOTDIR':
      return new LifeboatError('RESTORE_REFUSED', `${dirname(path)} is or lies below a file`, options);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new LifeboatError('PERMISSION_DENIED', `${path} cannot be written`, options);
    default:
      return error;
  }
}

function planRecord({ planId, planHash, fileName, savedAtMs, text }: ArchivedPlan, withText: boolean) {
  const saved = new Date(savedAtMs).toISOString();
  const fields = { type: 'plan', plan_id: planId, plan_hash: planHash, file_name: fileName, saved_at: saved };
  return withText ? { ...fields, text } : fields;
}
