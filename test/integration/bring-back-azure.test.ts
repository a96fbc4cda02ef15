/** Azure makes no mark of a deletion and keeps no date of it: what was deleted comes back all the same, by being put again. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { openAzureStore } from '../../src/object-store/azure/azure-store.ts';
import { bringBack } from '../../src/vault/bring-back.ts';
import { deletedObjects } from '../../src/vault/deleted-objects.ts';
import { startFakeAzure } from '../support/fake-azure.ts';

test('blobs that were deleted or covered come back from their versions', async () => {
  await using server = await startFakeAzure();
  const { name } = server.makeContainer();
  await using store = await openAzureStore(
    { account: 'standin', container: name, prefix: 'vault' },
    { endpoint: server.origin, credentials: { kind: 'azure-key', accountKey: 'bm8ga2V5' } },
  );
  const [deleted, covered] = ['deleted', 'covered'].map((text) => {
    const bytes = Buffer.from(text);
    return { key: `data/ab/${createHash('sha256').update(bytes).digest('hex')}`, bytes };
  });
  assert.ok(deleted && covered);
  for (const { key, bytes } of [deleted, covered]) await store.put(key, bytes);
  await store.delete(deleted.key);
  await store.put(covered.key, Buffer.from('ransom'));
  const { objects } = await deletedObjects(store, { sinceMs: 0, withKeys: false });
  assert.deepEqual(
    objects.map(({ key, kind }) => [key, kind]).sort(),
    [
      [covered.key, 'covered'],
      [deleted.key, 'deleted'],
    ].sort(),
  );
  assert.equal(objects.find(({ kind }) => kind === 'deleted')?.atMs, undefined);
  for (const object of objects) assert.equal((await bringBack(store, object)).how, 'put-again');
  for (const { key, bytes } of [deleted, covered]) assert.deepEqual(await store.get(key), bytes);
});
