/** `repair packs` where the store keeps the damaged pack: what was done is recorded, and the pack stays suspected. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { repairPacks } from '../../src/cli/commands/repair-packs.ts';
import { parseInput } from '../../src/cli/parse-input.ts';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { suspectedPacks } from '../../src/recovery-point/known-damage.ts';
import { planScene, storedFiles } from './plan-scene.ts';

/** Deletes no pack, as a store that keeps it until a date. */
function keepingPacks(store: ObjectStore): ObjectStore {
  return {
    ...store,
    delete: async (key, signal) => {
      if (key.startsWith('data/')) throw new LifeboatError('OBJECT_RETAINED', `${key} is kept`);
      await store.delete(key, signal);
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

test('a damaged pack that the store keeps is recorded as kept, and stays suspected', async () => {
  using scene = await planScene({ systems: '  files: { source: { kind: files, paths: [data] } }' });
  for (let file = 0; file < 3; file++) scene.write(`data/file-${file}`, Buffer.alloc(50_000, file + 1));
  await scene.backup();
  // the trees lie in the smaller one
  const [pack = ''] = storedFiles(scene, 'here', 'data').sort(
    (a, b) => readFileSync(a).length - readFileSync(b).length,
  );
  const bytes = readFileSync(pack);
  bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1;
  chmodSync(pack, 0o600);
  writeFileSync(pack, bytes);
  scene.wraps.set('here', keepingPacks);
  const parsed = parseInput('repair packs', repairPacks, ['--yes']);
  assert.ok(parsed.kind === 'run');
  const { summary, error } = await repairPacks.run(scene.context, parsed.input);
  assert.equal(error?.code, 'OBJECT_RETAINED');
  const id = pack.slice(-64);
  const key = `data/${id.slice(0, 2)}/${id}`;
  assert.deepEqual(summary?.['kept'], [key]);
  await using vault = await scene.open('here');
  const { records, problems } = await vault.records();
  assert.deepEqual(problems, []);
  const repairs = records.filter((record) => record.type === 'repair');
  assert.deepEqual(
    repairs.map(({ action, verdict, objectsKept, objectsMended, objectsLost }) => [
      action,
      verdict,
      objectsKept,
      objectsMended,
      objectsLost,
    ]),
    [['packs', 'incomplete', [key], [], []]],
  );
  assert.deepEqual([...suspectedPacks(records, scene.context.nowMs())], [id]);
});
