/** What is wrong with the parts of a vault that lie beside its data, told the same by whoever looks at it. Pure. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RunRecord } from '../../evidence/record.ts';
import { knownKeys } from '../../evidence/recovery-key-proof.ts';
import type { VaultFile } from '../../vault/vault-file.ts';
import { vaultFileKey } from '../../vault/vault-file.ts';
import type { VaultParts } from '../../vault/vault-parts.ts';
import { recordedKeys } from '../lost-parts.ts';
import { plural } from '../quantity-text.ts';

export interface PartFault {
  readonly object: string;
  readonly what: string;
  readonly hint: string;
}

export interface KnownParts {
  /** The vault's name in the plan. */
  readonly vault: string;
  /** As the vault's own sealed copy has it, or as it was when the vault was last read. */
  readonly file: Pick<VaultFile, 'id'> & Partial<VaultFile>;
  readonly records: readonly RunRecord[];
}

export function partFaults(parts: VaultParts, known: KnownParts): readonly PartFault[] {
  const heal = `Run \`lifeboat repair heal --vault ${known.vault}\`, which puts it back from its second copy.`;
  const file = fileFault(parts, known.file);
  return [
    ...configFault(parts, heal),
    ...(file === undefined ? [] : [{ object: vaultFileKey, what: file, hint: heal }]),
    ...keyFaults(parts, known),
  ];
}

/** The fault in one sentence; a whole id fits no line. */
export function partFaultText({ object, what }: PartFault): string {
  return `${object.replace(/^(keys\/.{10}).*/, '$1')} ${what}`;
}

export function isKeyFault({ object }: PartFault): boolean {
  return object.startsWith('keys/');
}

/** `undefined` where there is nothing to tell. */
export function damagedParts(
  vault: string,
  [first, ...more]: readonly PartFault[],
): LifeboatError | undefined {
  if (first === undefined) return undefined;
  const others = more.length === 0 ? '' : `, and ${plural(more.length, 'finding')} more`;
  return new LifeboatError(
    'VAULT_DAMAGED',
    `the vault ${vault} is damaged: ${partFaultText(first)}${others}`,
    { hint: first.hint, details: { vault, object: first.object, findings: more.length + 1 } },
  );
}

function configFault({ config }: VaultParts, heal: string): readonly PartFault[] {
  if (config === 'there') return [];
  if (config === 'missing') return [{ object: 'config', what: 'is missing', hint: heal }];
  const hint =
    'Bring it back from a copy of this very vault; `lifeboat vault bring-back` does it where the store keeps versions. Another vault restores meanwhile.';
  return [{ object: 'config', what: 'is missing, and so is its second copy', hint }];
}

function fileFault({ file }: VaultParts, known: KnownParts['file']): string | undefined {
  if (file === 'missing') return 'is missing';
  if (file === 'unreadable') return 'cannot be read';
  const { id, role = file.role, created = file.created } = known;
  const isSame = file.id === id && file.role === role && file.created === created;
  return isSame ? undefined : 'does not hold what was written';
}

function noKey(vault: string): string {
  return `Put the files back from a copy of this very vault; \`lifeboat vault bring-back\` does it where the store keeps versions. \`lifeboat check --vault ${vault}\` says whether a second copy is left.`;
}

function keyFaults({ keyIds }: VaultParts, { vault, records }: KnownParts): readonly PartFault[] {
  const known = knownKeys(records);
  const hint = `\`lifeboat check --vault ${vault}\` says whether a copy of it is left and what to do; if it was removed on purpose, record that with \`lifeboat key remove`;
  const gone = recordedKeys(records).filter((id) => !keyIds.has(id));
  // of vaults whose keys nobody recorded this much is certain
  if (gone.length === 0 && keyIds.size === 0)
    return [{ object: 'keys/', what: 'is empty: no password opens this vault any more', hint: noKey(vault) }];
  return gone.map((id) => ({
    object: `keys/${id}`,
    what: `is gone${known.get(id)?.isRecoveryKey === true ? '; it is a recovery key' : ''}`,
    hint: `${hint} ${id.slice(0, 10)} --vault ${vault}\`.`,
  }));
}
