/** From locations to the vaults of a plan: what is there already, and what is in the way. */

import { readdir } from 'node:fs/promises';
import { parseLocation } from '../../config/location.ts';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { isThere } from '../../object-store/is-there.ts';
import type { AppContext } from '../cli-context.ts';
import type { ChosenSystem, ChosenVault } from './init-choices.ts';
import { isWithin } from './propose-systems.ts';
import { unusedName } from './system-name.ts';

type VaultContext = Pick<AppContext, 'adapters' | 'folder' | 'signal'>;

/**
 * The first is the primary one, the others are secondary. Raises USAGE for a folder that holds something else, for
 * the same one twice, and for one inside what it is to protect.
 */
export async function chooseVaults(
  context: VaultContext,
  locations: readonly string[],
  systems: readonly ChosenSystem[],
): Promise<readonly ChosenVault[]> {
  const vaults: ChosenVault[] = [];
  for (const location of locations) {
    const place = parseLocation(location, context.folder);
    if (place.kind !== 'folder') {
      throw usage(
        `a first plan keeps its vaults in folders, and ${location} is none`,
        'Make the plan with a folder, then add the store to its vaults: the guide on vaults says how.',
      );
    }
    const { path } = place;
    if (vaults.some((vault) => isWithin(path, vault.path) || isWithin(vault.path, path))) {
      throw usage(`the vault ${path} is inside another one, or named twice`, 'Name two separate folders.');
    }
    requireOutside(path, systems);
    const role = vaults.length === 0 ? 'primary' : 'secondary';
    const name = unusedName(role, new Set(vaults.map((vault) => vault.name)));
    vaults.push({ name, role, path, state: await stateOf(context, path) });
  }
  return vaults;
}

/** A backup that holds its own vault grows with every run. */
function requireOutside(path: string, systems: readonly ChosenSystem[]): void {
  for (const { name, source } of systems) {
    const around = source.kind === 'files' ? source.paths.find((each) => isWithin(path, each)) : undefined;
    if (around === undefined) continue;
    const hint = 'Name a folder outside of it, best on another disk.';
    throw usage(`the vault ${path} is inside ${around}, which ${name} backs up`, hint);
  }
}

async function stateOf(context: VaultContext, path: string): Promise<ChosenVault['state']> {
  await using store = await context.adapters.openStore({ kind: 'folder', path });
  if (await isThere(store, 'config', context.signal)) return 'there';
  const entries = await entriesOf(path);
  if (entries.every((name) => namesOfBegun.has(name))) return 'new';
  throw usage(
    `the folder ${path} is not empty and is no vault`,
    'Name a folder that is empty or not there yet.',
  );
}

/** What an init that was cut off leaves. Making a vault looks into them, and refuses what is more than that. */
const namesOfBegun: ReadonlySet<string> = new Set(['lifeboat', 'keys']);

async function entriesOf(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    const errno = systemErrorName(error);
    if (errno === 'ENOENT') return [];
    if (errno === 'ENOTDIR') throw usage(`${path} is not a folder`, 'Name a folder.');
    throw error;
  }
}

function usage(message: string, hint: string): LifeboatError {
  return new LifeboatError('USAGE', message, { hint });
}
