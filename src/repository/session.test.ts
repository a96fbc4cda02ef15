import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { backUp, makeVault, openVault } from '../../test/support/vault.ts';
import { currentView, freshView, sessionOf } from './session.ts';

test('a view is kept while the index files are the same, and loaded again when others have written', async () => {
  using folder = temporaryFolder();
  const place = join(folder.path, 'vault');
  const data = join(folder.path, 'data');
  fs.mkdirSync(data);
  fs.writeFileSync(join(data, 'file'), 'one');
  await using vault = await makeVault(place);
  await backUp(vault, data);
  await using reader = await openVault(place);
  const session = sessionOf(reader);
  const first = await freshView(session);
  assert.equal(await currentView(session), first);
  fs.writeFileSync(join(data, 'file'), 'two');
  const { snapshot } = await backUp(vault, data);
  const second = await currentView(session);
  assert.ok(!first.index.has('tree', snapshot.tree) && second.index.has('tree', snapshot.tree));
  // a writer's own places are not those of the files
  second.index.addPack('0'.repeat(64), []);
  second.index.addPack('1'.repeat(64), [
    { id: '2'.repeat(64), type: 'data', offset: 0, length: 40, uncompressedLength: 0 },
  ]);
  assert.notEqual(await currentView(session), second);
});
