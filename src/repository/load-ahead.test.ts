import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { backUp, makeVault, openVault } from '../../test/support/vault.ts';
import { withFaults } from '../object-store/fault.ts';
import { openLocalStore } from '../object-store/local/local-store.ts';
import { loadAhead } from './load-ahead.ts';
import { sessionOf } from './session.ts';

function placesIn(folder: string): { readonly place: string; readonly data: string } {
  const data = join(folder, 'data');
  fs.mkdirSync(data);
  fs.writeFileSync(join(data, 'file'), 'one');
  return { place: join(folder, 'vault'), data };
}

test('what was loaded ahead counts while the index files are the same, and no longer', async () => {
  using folder = temporaryFolder();
  const { place, data } = placesIn(folder.path);
  await using vault = await makeVault(place);
  await backUp(vault, data);
  await using reader = await openVault(place);
  const session = sessionOf(reader);
  await using ahead = loadAhead(session);
  const first = await ahead.viewNow();
  assert.equal(session.view, first);
  await using again = loadAhead(session);
  assert.equal(await again.viewNow(), first);
  fs.writeFileSync(join(data, 'file'), 'two');
  const { snapshot } = await backUp(vault, data);
  const second = await ahead.viewNow();
  assert.ok(!first.index.has('tree', snapshot.tree) && second.index.has('tree', snapshot.tree));
});

test('what could not be loaded ahead is loaded when it is wanted', async () => {
  using folder = temporaryFolder();
  const { place, data } = placesIn(folder.path);
  await using vault = await makeVault(place);
  const { snapshot } = await backUp(vault, data);
  const store = withFaults(openLocalStore(place), [
    { kind: 'fail', operation: 'get', keyPrefix: 'index/', nth: 1 },
  ]);
  await using reader = await openVault(store);
  await using ahead = loadAhead(sessionOf(reader));
  assert.ok((await ahead.viewNow()).index.has('tree', snapshot.tree));
});

test("what is loaded ahead when the work is given up is in nobody's way", async () => {
  using folder = temporaryFolder();
  await using vault = await makeVault(join(folder.path, 'vault'));
  const session = sessionOf(vault);
  {
    await using _ahead = loadAhead(session);
  }
  assert.equal((await loadAhead(session).viewNow()).index.size, 0);
});
