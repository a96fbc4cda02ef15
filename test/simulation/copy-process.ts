/** Copies the newest snapshot of one folder vault into another; for a test that kills it. Arguments: from, to. */
import { copySnapshots } from '../../src/repository/repository.ts';
import { openVault } from '../support/vault.ts';

const [fromPath = '', toPath = ''] = process.argv.slice(2);
const options = { packBytesTarget: 200 * 1024, workers: 1 };
await using from = await openVault(fromPath, options);
await using to = await openVault(toPath, options);
const snapshotIds = await from.snapshotIds();
const { targets, bytesRead } = await copySnapshots(from, [{ repository: to, snapshotIds }], {
  batchBytes: 500_000,
});
process.stdout.write(
  JSON.stringify({ copied: targets[0]?.copied.length, error: targets[0]?.error?.code, bytesRead }),
);
