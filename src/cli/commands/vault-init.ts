/** `lifeboat vault init`: a new vault at a location, opened by a password and by a recovery key. */
import { rm } from 'node:fs/promises';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { Vault } from '../../vault/vault.ts';
import { newVaultPlace } from '../choose-vault.ts';
import type { CliContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import { planOptions } from '../load-plan.ts';
import { newPassword } from '../new-password.ts';
import { proveNewVault } from '../prove-vault-store.ts';
import { recordInit, recordKey } from '../record-vault-event.ts';
import { newRecoveryKey } from '../recovery-key.ts';
import { makeSecretFile, requireAbsent } from '../secret-file.ts';

const roles = ['primary', 'secondary', 'archive'] as const;

export const vaultInit: Command = {
  description:
    'Makes a vault, in a folder or in an object store: an encrypted repository that stock restic opens as well. It opens with a ' +
    'password, and with a recovery key of 256 bits that is made now and shown once: print it and keep it ' +
    'where the fire is not. The password comes from --key-file, else from the environment, else from where the plan says; a ' +
    'file that is not there is made with a new random password.',
  arguments: [
    {
      name: 'LOCATION',
      description:
        'a folder that is empty or does not exist yet, s3://bucket/prefix, azure://account/container/prefix, or the name of a vault of the plan',
    },
  ],
  options: [
    {
      flag: '--role',
      value: 'ROLE',
      choices: roles,
      description: "what the vault is for (default: the plan's, else primary)",
    },
    {
      flag: '--key-file',
      value: 'FILE',
      description: 'take the password from FILE; made with a new random password if it does not exist',
    },
    { flag: '--recovery-key-file', value: 'FILE', description: 'write the recovery key to a new FILE' },
    { flag: '--no-recovery-key', description: 'make none: whoever loses the password loses the vault' },
    ...planOptions,
  ],
  examples: [
    { line: 'lifeboat vault init /mnt/backup/vault', says: 'ask for a password, show the recovery key' },
    {
      line: 'LIFEBOAT_PASSWORD_FILE=~/pw lifeboat vault init /mnt/backup/vault --recovery-key-file ~/recovery-key',
      says: 'without questions',
    },
    {
      line: 'lifeboat vault init s3://shop-backups/lifeboat',
      says: 'in a bucket, with the usual credentials',
    },
    { line: 'lifeboat vault init away', says: 'a vault of ./lifeboat.yaml, with the password that it names' },
    {
      line: 'lifeboat vault init /mnt/nas/vault --role secondary --key-file ~/nas.key --no-recovery-key',
      says: 'a second vault with a password of its own, made now',
    },
  ],
  run: async (context, input) => {
    const recovery = recoveryWish(context, input);
    if (recovery.kind === 'file') await requireAbsent(recovery.path);
    const place = await newVaultPlace(context, input, input.required('LOCATION'));
    const { passwordReference: reference, folder = context.folder } = place;
    const planned = reference === undefined ? { folder } : { reference, folder };
    const { password, madeFile } = await newPassword(context, input.value('--key-file'), planned);
    const recoveryKey = recovery.kind === 'none' ? undefined : newRecoveryKey();
    const role = roles.find((each) => each === input.value('--role')) ?? place.role ?? 'primary';
    if (recoveryKey !== undefined) context.output.hide(recoveryKey);
    // the file first: a key that was never written down would be one more way in for nobody
    if (recovery.kind === 'file') await makeSecretFile(recovery.path, recoveryKey ?? '');
    await using vault = await madeOr(context, context.initVault({ ...place, password, role }), {
      recovery,
      madeFile,
    });
    const key = recoveryKey && (await vault.repository.addKey(recoveryKey, context.signal));
    const inPlan = place.declared === undefined ? undefined : input.required('LOCATION');
    const end = await told(context, vault, role, recovery, { recoveryKey, inPlan });
    // after the recovery key was shown: a vault that takes no record must not cost it
    await recordInit(context, vault);
    if (key) await recordKey(context, vault, { action: 'add', keyId: key.id, purpose: 'recovery' });
    await proveNewVault(context, vault, place);
    return end;
  },
};

type RecoveryWish =
  | { readonly kind: 'none' }
  | { readonly kind: 'show' }
  | { readonly kind: 'file'; readonly path: string };

/** Decided before anything is made: a vault whose recovery key nobody saw would be a false comfort. */
function recoveryWish({ output }: CliContext, input: Input): RecoveryWish {
  const path = input.value('--recovery-key-file');
  if (input.has('--no-recovery-key')) {
    if (path === undefined) return { kind: 'none' };
    throw new LifeboatError('USAGE', '--recovery-key-file and --no-recovery-key contradict each other', {
      hint: 'Give one of them.',
    });
  }
  if (path !== undefined) return { kind: 'file', path };
  if (output.showsSecrets && !output.json) return { kind: 'show' };
  throw new LifeboatError('USAGE', 'the recovery key is shown on a terminal only, and this is none', {
    hint: 'Give --recovery-key-file FILE, or --no-recovery-key if you need none.',
  });
}

interface MadeFiles {
  readonly recovery: RecoveryWish;
  /** Of the password. */
  readonly madeFile: string | undefined;
}

/** Without a vault the file of its recovery key would only mislead, and so would that of a password that opens nothing. */
async function madeOr(
  { output }: CliContext,
  making: Promise<Vault>,
  { recovery, madeFile }: MadeFiles,
): Promise<Vault> {
  try {
    return await making;
  } catch (error) {
    if (recovery.kind === 'file') await rm(recovery.path, { force: true });
    // after any other failure the vault may have been begun with it
    if (madeFile !== undefined && hasCode(error, 'VAULT_EXISTS')) {
      await rm(madeFile, { force: true });
      output.note(`removed ${madeFile} again: it opens nothing`);
    }
    throw error;
  }
}

async function told(
  { output }: CliContext,
  vault: { readonly id: string; readonly location: string; readonly repository: { readonly id: string } },
  role: string,
  recovery: RecoveryWish,
  /** `inPlan`: as the plan calls it. */
  { recoveryKey, inPlan }: { readonly recoveryKey: string | undefined; readonly inPlan: string | undefined },
): Promise<CommandEnd> {
  await output.text(
    `made the ${role} vault ${vault.location} (repository ${vault.repository.id.slice(0, 10)})`,
  );
  if (recovery.kind === 'file')
    await output.text(`the recovery key is in ${recovery.path}: keep it somewhere else`);
  if (recovery.kind === 'show' && recoveryKey !== undefined) output.showSecret(recoveryKey);
  await output.text(
    `next: lifeboat backup${inPlan === undefined ? ` --vault ${vault.location} --path DIR` : ''}`,
  );
  if (recovery.kind !== 'none')
    await output.text(
      `then: lifeboat key test --vault ${inPlan ?? vault.location}, with the recovery key from your paper`,
    );
  return {
    summary: {
      vault: vault.id,
      location: vault.location,
      repository: vault.repository.id,
      role,
      recovery_key: recovery.kind !== 'none',
    },
  };
}
