import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testPassword } from '../../../test/support/stock-restic.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { backUp, makeVault, openVault } from '../../../test/support/vault.ts';
import { openLocalStore } from '../../object-store/local/local-store.ts';
import { openKey } from '../key/open-key.ts';
import { loadUnpacked, saveUnpacked } from '../unpacked.ts';

function fill(folder: string, bytes: number): string {
  const data = join(folder, 'data');
  fs.mkdirSync(data, { recursive: true });
  fs.writeFileSync(join(data, 'file'), randomBytes(bytes));
  return data;
}

describe('readBack', () => {
  it('reads every pack that a snapshot needs, and none of those that were read before', async () => {
    using folder = temporaryFolder();
    await using vault = await makeVault(join(folder.path, 'vault'), { packBytesTarget: 100_000 });
    const first = await backUp(vault, fill(folder.path, 400_000));
    const report = await vault.readBack([first.snapshot.id]);
    assert.deepEqual(report.snapshots, [{ id: first.snapshot.id, errors: [], coldPacks: 0 }]);
    assert.equal(report.readPackIds.length, report.packsNeeded);
    assert.ok(report.bytesRead > 400_000);
    const again = await vault.readBack([first.snapshot.id], { alreadyRead: new Set(report.readPackIds) });
    assert.deepEqual([again.bytesRead, again.readPackIds, again.packsNeeded], [0, [], report.packsNeeded]);
    assert.deepEqual(again.snapshots, report.snapshots);
    const alreadyRead = new Set(report.readPackIds);
    const some = { alreadyRead, sample: { packs: 2, bytes: 10_000_000 } };
    assert.equal((await vault.readBack([first.snapshot.id], some)).readPackIds.length, 2);
    const none = { alreadyRead, sample: { packs: 2, bytes: 100 } };
    assert.equal((await vault.readBack([first.snapshot.id], none)).bytesRead, 0);
  });

  it('takes a pack that stands in two index files for one', async () => {
    using folder = temporaryFolder();
    const place = join(folder.path, 'vault');
    await using vault = await makeVault(place);
    const { snapshot } = await backUp(vault, fill(folder.path, 50_000));
    await copyIndex(place);
    assert.equal(fs.readdirSync(join(place, 'index')).length, 2);
    const report = await vault.readBack([snapshot.id]);
    assert.deepEqual(report.snapshots, [{ id: snapshot.id, errors: [], coldPacks: 0 }]);
    assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
  });

  it('knows the right size of packs that hold what another pack holds as well', async () => {
    using folder = temporaryFolder();
    const place = join(folder.path, 'vault');
    await using one = await makeVault(place);
    await using two = await openVault(place);
    const data = fill(folder.path, 300_000);
    const saved = await Promise.all([backUp(one, data), backUp(two, data)]);
    const ids = saved.map(({ snapshot }) => snapshot.id);
    const report = await one.readBack(ids);
    assert.deepEqual(
      report.snapshots.map(({ errors }) => errors),
      [[], []],
    );
  });

  it('names what is missing, short or changed, and only the snapshots that need it', async () => {
    using folder = temporaryFolder();
    const place = join(folder.path, 'vault');
    await using vault = await makeVault(place);
    const older = await backUp(vault, fill(folder.path, 50_000));
    const known = new Set(packsOf(place));
    const newer = await backUp(vault, fill(folder.path, 50_000));
    const [pack = ''] = packsOf(place)
      .filter((path) => !known.has(path))
      .toSorted(bySize);
    const whole = fs.readFileSync(pack);
    const harms: readonly (readonly [RegExp, () => void])[] = [
      [/bytes long instead of/, () => fs.truncateSync(pack, whole.length - 1)],
      [
        /./,
        () =>
          fs.writeFileSync(
            pack,
            Buffer.concat([whole.subarray(0, 50), Buffer.from([(whole[50] ?? 0) ^ 1]), whole.subarray(51)]),
          ),
      ],
      [/is missing/, () => fs.rmSync(pack)],
    ];
    for (const [what, harm] of harms) {
      harm();
      const report = await vault.readBack([older.snapshot.id, newer.snapshot.id]);
      const [sound, damaged] = report.snapshots;
      assert.deepEqual(sound?.errors, []);
      const named = damaged?.errors.find(({ object }) => object.endsWith(pack.slice(-64)));
      assert.match(damaged?.errors.map((error) => error.what).join() ?? '', what);
      assert.ok(named, JSON.stringify(damaged));
      assert.equal(report.readPackIds.includes(pack.slice(-64)), false);
      fs.writeFileSync(pack, whole);
    }
  });

  it('names the pack of a tree that is damaged or gone', async () => {
    using folder = temporaryFolder();
    const place = join(folder.path, 'vault');
    await using vault = await makeVault(place);
    const { snapshot } = await backUp(vault, fill(folder.path, 50_000));
    const pack = packsOf(place).toSorted(bySize).at(-1) ?? '';
    const bytes = fs.readFileSync(pack);
    const objects = async () => {
      const [read] = (await vault.readBack([snapshot.id])).snapshots;
      return read?.errors.map(({ object }) => object);
    };
    fs.chmodSync(pack, 0o600);
    fs.writeFileSync(
      pack,
      bytes.map((byte) => byte ^ 1),
    );
    assert.deepEqual(await objects(), [pack.slice(place.length + 1)]);
    fs.rmSync(pack);
    assert.deepEqual(await objects(), [pack.slice(place.length + 1)]);
  });

  it('finds a snapshot that is not there or cannot be read', async () => {
    using folder = temporaryFolder();
    const place = join(folder.path, 'vault');
    await using vault = await makeVault(place);
    const { snapshot } = await backUp(vault, fill(folder.path, 1000));
    fs.writeFileSync(join(place, 'snapshots', snapshot.id), 'nonsense');
    const report = await vault.readBack([snapshot.id, '0'.repeat(64)]);
    assert.deepEqual(
      report.snapshots.map(({ errors }) => errors.length > 0),
      [true, true],
    );
  });
});

function packsOf(place: string): string[] {
  return fs
    .readdirSync(join(place, 'data'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.length > 64)
    .map((name) => join(place, 'data', name));
}

/** Largest first: of data and tree packs the data. */
function bySize(a: string, b: string): number {
  return fs.statSync(b).size - fs.statSync(a).size;
}

/** As after a crash between writing a new index and removing the old one; sealed anew it has another name. */
async function copyIndex(place: string): Promise<void> {
  await using store = openLocalStore(place);
  const { masterKey } = await openKey(store, testPassword);
  const access = { store, key: masterKey, version: 2 as const };
  const [id = ''] = fs.readdirSync(join(place, 'index'));
  const json = JSON.parse((await loadUnpacked(access, 'index', id)).toString());
  await saveUnpacked(access, 'index', Buffer.from(JSON.stringify(json)));
}
