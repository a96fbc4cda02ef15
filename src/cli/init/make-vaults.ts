/** Makes the vaults of a new plan, with their key files, and opens those that are there. */
import type { Vault } from '../../vault/vault.ts';
import type { AppContext, VaultRequest } from '../cli-context.ts';
import { proveNewVault } from '../prove-vault-store.ts';
import { recordInit } from '../record-vault-event.ts';
import type { ChosenVault, InitChoices } from './init-choices.ts';
import { dropKeyFile, type KeyFiles, makeKeyFile } from './plan-keys.ts';

export interface VaultPlan {
  readonly choices: InitChoices;
  readonly id: string;
  readonly keys: KeyFiles;
}

/** What exists by now, in words, for the case that the rest fails. */
export type Made = string[];

/** In the order of the choices. Those that are there are opened first, so that a wrong password makes nothing. */
export async function makeVaults(
  context: AppContext,
  plan: VaultPlan,
  made: Made,
  opened: AsyncDisposableStack,
): Promise<readonly Vault[]> {
  const byName = new Map<string, Vault>();
  const { vaults } = plan.choices;
  for (const vault of vaults.filter(({ state }) => state === 'there'))
    byName.set(vault.name, opened.use(await context.openVault(requestFor(vault, plan))));
  for (const vault of vaults.filter(({ state }) => state === 'new')) {
    context.signal.throwIfAborted();
    const [first] = byName.values();
    byName.set(vault.name, opened.use(await makeVault(context, plan, vault, first, made)));
  }
  return vaults.flatMap(({ name }) => byName.get(name) ?? []);
}

/** Of several vaults all have the chunker polynomial of the first, so that they deduplicate against each other. */
async function makeVault(
  context: AppContext,
  plan: VaultPlan,
  chosen: ChosenVault,
  first: Vault | undefined,
  made: Made,
): Promise<Vault> {
  const key = plan.keys.get(chosen.name);
  const keyWords = `the key file ${key?.path}`;
  const makesKey = key?.state === 'new' && !made.includes(keyWords);
  if (makesKey) {
    await makeKeyFile(key.path);
    made.push(keyWords);
  }
  try {
    const polynomial = first?.repository.chunkerPolynomial;
    const vault = await context.initVault({
      ...requestFor(chosen, plan),
      role: chosen.role,
      ...(polynomial === undefined ? {} : { chunkerPolynomial: polynomial }),
    });
    made.push(`the vault ${chosen.path}`);
    await recordInit(context, vault);
    await proveNewVault(context, vault, requestFor(chosen, plan));
    return vault;
  } catch (error) {
    if (await isBegun(context, chosen.path)) made.push(`an unfinished vault in ${chosen.path}`);
    else if (makesKey) {
      await dropKeyFile(key.path);
      made.splice(made.indexOf(keyWords), 1);
    }
    throw error;
  }
}

function requestFor({ name, path }: ChosenVault, { id, keys }: VaultPlan): VaultRequest {
  const key = keys.get(name);
  return {
    location: path,
    planId: id,
    ...(key === undefined ? {} : { passwordReference: { kind: 'file', path: key.path } }),
  };
}

/** Whether something in there is sealed with the key. A place that cannot be asked counts as begun: the key stays. */
async function isBegun({ adapters }: AppContext, path: string): Promise<boolean> {
  try {
    await using store = await adapters.openStore({ kind: 'folder', path });
    for await (const _key of store.list('keys/')) return true;
    return false;
  } catch {
    return true;
  }
}
