/** What is done to a vault itself goes into its history: that it was made, and which keys came and went. */

import type { KeyPurpose, KeyRecord } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { sharedFields } from '../evidence/run-context.ts';
import type { KeyTestRecord } from '../evidence/vault-records.ts';
import type { Vault } from '../vault/vault.ts';
import type { CliContext } from './cli-context.ts';
import { manualRun } from './manual-run.ts';

export async function recordInit(context: CliContext, vault: Vault): Promise<void> {
  await vault.append({ type: 'init', ...common(context, vault) });
}

/** `keyId` in full. A plain repository keeps no records. */
export async function recordKey(
  context: CliContext,
  vault: Vault,
  { action, keyId, purpose }: KeyEvent,
): Promise<void> {
  const known = purpose === undefined ? {} : { purpose };
  await vault.append({ type: 'key', ...common(context, vault), action, keyId, ...known });
}

export interface KeyEvent {
  readonly action: KeyRecord['action'];
  readonly keyId: string;
  readonly purpose?: KeyPurpose;
}

/** A key has just opened this vault. */
export async function recordKeyTest(
  context: CliContext,
  vault: Vault,
  tested: Pick<KeyTestRecord, 'keyId' | 'isRecoveryKey' | 'form'>,
): Promise<void> {
  await vault.append({ type: 'key-test', ...common(context, vault), ...tested });
}

function common(context: CliContext, vault: Vault) {
  const run = manualRun(context);
  const atMs = context.nowMs();
  return { ...sharedFields(run, vault.id), ...recordTimes(atMs, atMs), verdict: 'pass' as const };
}
