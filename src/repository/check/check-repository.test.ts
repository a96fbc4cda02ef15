import assert from 'node:assert/strict';
import fs from 'node:fs';
import { basename, join } from 'node:path';
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

/** Two snapshots, each with packs and an index file of its own; gives the names of the second one's files. */
async function twoSaves(
  place: string,
  data: string,
): Promise<{ readonly index: string; readonly packs: string[] }> {
  await using vault = await makeVault(place);
  const names = () =>
    fs.readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => /[0-9a-f]{64}$/.test(name));
  await backUp(vault, fill(data, 'one'));
  const before = new Set(names());
  await backUp(vault, fill(data, 'two'));
  const later = names().filter((name) => !before.has(name));
  return {
    index: join(place, later.find((name) => name.startsWith('index/')) ?? ''),
    packs: later.filter((name) => name.startsWith('data/')).map((name) => join(place, name)),
  };
}

const objectsOf = (findings: readonly { readonly object: string }[]) => findings.map(({ object }) => object);

test('an index file that cannot be read is one finding, and what only it named is neither missing nor harmless', async () => {
  using folder = temporaryFolder();
  const place = join(folder.path, 'vault');
  const { index, packs } = await twoSaves(place, folder.path);
  const bytes = fs.readFileSync(index);
  fs.chmodSync(index, 0o600);
  fs.writeFileSync(
    index,
    Buffer.concat([bytes.subarray(0, 40), Buffer.from([~(bytes[40] ?? 0)]), bytes.subarray(41)]),
  );
  await using vault = await openVault(place);
  const report = await vault.check({ readData: 'all' });
  assert.deepEqual(objectsOf(report.errors), [`index/${basename(index)}`]);
  assert.equal(report.hints.length, 1);
  assert.match(report.hints[0]?.what ?? '', /names 2 packs, with 5 blobs that snapshots need$/);
  assert.match(report.hints[0]?.hint ?? '', /Do not prune/);
  assert.equal(report.unknownBytes, bytes.length);
  assert.equal(report.packsRead, report.packs);
  // what a mended index would still lack is told beside it
  fs.rmSync(packs.toSorted((a, b) => fs.statSync(b).size - fs.statSync(a).size)[0] ?? '');
  const { errors } = await vault.check();
  assert.equal(errors.length, 2);
  assert.match(errors[1]?.what ?? '', /needs the data blob \w+, which no index file knows/);
});

test('an index file that is gone is one finding; its packs are named no harmless leftovers', async () => {
  using folder = temporaryFolder();
  const place = join(folder.path, 'vault');
  const { index, packs } = await twoSaves(place, folder.path);
  fs.rmSync(index);
  await using vault = await openVault(place);
  const { errors, hints, unknownBytes, packSizes } = await vault.check({ readData: 'all' });
  // they are not read, and count in the whole all the same
  const bytes = packs.reduce((sum, pack) => sum + fs.statSync(pack).size, 0);
  assert.deepEqual([objectsOf(errors), hints, unknownBytes], [['index'], [], bytes]);
  assert.ok(packs.every((pack) => !packSizes.has(basename(pack))));
  assert.match(errors[0]?.what ?? '', /^lacks 5 blobs that snapshots need, in 2 packs /);
  const [tree = ''] = packs.toSorted((a, b) => fs.statSync(a).size - fs.statSync(b).size);
  fs.chmodSync(tree, 0o600);
  fs.writeFileSync(tree, 'nonsense');
  const worse = await vault.check();
  assert.equal(
    worse.unknownBytes,
    packs.reduce((sum, pack) => sum + fs.statSync(pack).size, 0),
  );
  assert.match(
    worse.errors.map(({ what }) => what).join(),
    /its own header cannot be read.*needs the tree blob/,
  );
});

test('a pack or an index file in a wrong folder is missing, and what lies there is told', async () => {
  using folder = temporaryFolder();
  const place = join(folder.path, 'vault');
  const { index, packs } = await twoSaves(place, folder.path);
  await using vault = await openVault(place);
  const [pack = ''] = packs;
  const id = basename(pack);
  fs.mkdirSync(join(place, 'data', 'zz'));
  fs.renameSync(pack, join(place, 'data', 'zz', id));
  const moved = await vault.check();
  assert.ok(objectsOf(moved.errors).includes(`data/${id.slice(0, 2)}/${id}`));
  assert.deepEqual(objectsOf(moved.hints), [`data/zz/${id}`]);
  assert.match(moved.hints[0]?.hint ?? '', /is missing, move it to that place/);
  fs.renameSync(join(place, 'data', 'zz', id), pack);
  fs.mkdirSync(join(place, 'index', 'sub'));
  fs.renameSync(index, join(place, 'index', 'sub', basename(index)));
  const lacking = await vault.check();
  assert.ok(objectsOf(lacking.errors).includes('index'));
  assert.deepEqual(objectsOf(lacking.hints), [`index/sub/${basename(index)}`]);
});

test('what lies there under a name that nobody reads is told', async () => {
  using folder = temporaryFolder();
  const place = join(folder.path, 'vault');
  await using vault = await makeVault(place);
  await backUp(vault, fill(folder.path, 'one'));
  const strange = ['data/stray', 'index/stray', 'keys/stray', 'locks/stray', 'snapshots/stray'];
  for (const name of strange) fs.writeFileSync(join(place, name), 'nonsense');
  const { errors, hints } = await vault.check();
  assert.deepEqual([errors, objectsOf(hints)], [[], strange]);
  for (let n = 0; n < 20; n++) fs.writeFileSync(join(place, 'locks', `stray-${n}`), '');
  const many = (await vault.check()).hints;
  assert.equal(many.length, 10);
  assert.match(many.at(-1)?.what ?? '', /and so have 15 more$/);
});
