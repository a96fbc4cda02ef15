/** A process to be killed: backs one folder up into a local vault, over the latest snapshot. */
import { backUp, openVault } from '../support/vault.ts';

const [, , vaultPath = '', folder = ''] = process.argv;
await using vault = await openVault(vaultPath, { packBytesTarget: 256 * 1024 });
const parent = await vault.snapshot('latest');
await backUp(vault, folder, { parent });
