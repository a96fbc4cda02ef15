/** A child process of the tests: appends records to one chain. Arguments: vault, state folder, caches, records, name. */
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import { testPassword } from '../support/stock-restic.ts';
import { initRecord } from './some-record.ts';

const [vaultPath = '', stateFolder = '', cacheDirectory = '', count = '0', name = ''] = process.argv.slice(2);

await using vault = await openVault({
  store: openLocalStore(vaultPath),
  password: testPassword,
  stateFolder,
  cacheDirectory,
  nowMs: () => Date.now(),
});
for (let number = 0; number < Number(count); number++)
  await vault.append(initRecord(vault.id, `${name}-${number}`));
