import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { backUp, makeVault, openVault } from '../../../test/support/vault.ts';
import { hasCode } from '../../error/lifeboat-error.ts';
import { withFaults } from '../../object-store/fault.ts';
import { openLocalStore } from '../../object-store/local/local-store.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { randomBytes } from '../../platform/random.ts';

function fill(folder: string, name: string): string {
  const data = join(folder, 'data');
  fs.mkdirSync(data, { recursive: true });
  fs.writeFileSync(join(data, name), randomBytes(50_000));
  return data;
}

/** `between` runs between the first and the second of the two lists. */
function betweenLists(inner: ObjectStore, between: () => Promise<unknown>): ObjectStore {
  const first = Promise.withResolvers<void>();
  let lists = 0;
  return {
    ...inner,
    async *list(prefix, signal) {
      const turn = prefix === 'data/' || prefix === 'index/' ? ++lists : 0;
      if (turn === 2) {
        await first.promise;
        await between();
      }
      yield* inner.list(prefix, signal);
      if (turn === 1) first.resolve();
    },
  };
}

test('a backup that ends while the vault is checked is no damage', async () => {
  using folder = temporaryFolder();
  const place = join(folder.path, 'vault');
  await using writer = await makeVault(place);
  await backUp(writer, fill(folder.path, 'one'));
  const store = betweenLists(openLocalStore(place), () => backUp(writer, fill(folder.path, 'two')));
  await using vault = await openVault(store);
  const report = await vault.check({ readData: 'all' });
  assert.deepEqual(report.errors, []);
  assert.equal(report.snapshots, 1);
});

test('a failure in one part of the check is raised, whatever the others do', async () => {
  using folder = temporaryFolder();
  const place = join(folder.path, 'vault');
  await using writer = await makeVault(place);
  await backUp(writer, fill(folder.path, 'one'));
  for (const keyPrefix of ['keys/', 'snapshots/', 'index/', 'data/']) {
    for (const operation of ['list', 'get'] as const) {
      // opening reads the keys as well
      const nth = keyPrefix === 'keys/' ? 2 : 1;
      const store = withFaults(openLocalStore(place), [{ kind: 'fail', operation, keyPrefix, nth }]);
      await using vault = await openVault(store);
      await assert.rejects(
        vault.check({ readData: 'all' }),
        (error) => hasCode(error, 'STORE_UNAVAILABLE'),
        `${operation} ${keyPrefix}`,
      );
    }
  }
});
