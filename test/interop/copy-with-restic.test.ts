/** Copies of ours against stock restic: it finds nothing wrong with them, and each takes the other's for what it is. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { copySnapshots } from '../../src/repository/repository.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { makeRandomTree } from '../support/random-tree.ts';
import { newerRestic, resticMustSucceed, testPassword } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeVault, restoreTo } from '../support/vault.ts';

const seed = 20_261;
const programs = [
  ['the restic of the system', undefined],
  ['a newer restic', newerRestic()],
] as const;

/** Of the second repository, for `restic copy`. */
function fromEnvironment(repository: string): Readonly<Record<string, string>> {
  return { RESTIC_FROM_REPOSITORY: repository, RESTIC_FROM_PASSWORD: testPassword };
}

for (const [name, program] of programs) {
  test(`${name} reads a copy of ours back, and neither copies twice`, async () => {
    assert.ok(name === 'the restic of the system' || program !== undefined, 'a newer restic is there');
    using folder = temporaryFolder();
    const data = join(folder.path, 'data');
    mkdirSync(data);
    makeRandomTree(data, { seed, rawLinkTargets: false });
    const [first, second] = [join(folder.path, 'first'), join(folder.path, 'second')];
    await using from = await makeVault(first);
    await using to = await makeVault(second);
    const { snapshot } = await backUp(from, data, { tags: ['one', 'two'], excludes: ['*.tmp'] });
    const snapshotIds = [snapshot.id];
    const { targets } = await copySnapshots(from, [{ repository: to, snapshotIds }]);
    const copy = targets[0]?.copied[0]?.snapshot.id ?? '';
    const restic = { repository: second, ...(program === undefined ? {} : { program }) };
    await resticMustSucceed(restic, 'check', '--read-data');
    const restored = join(folder.path, 'restored');
    await resticMustSucceed(restic, 'restore', copy, '--target', restored);
    // hard links of links and fifos are not restored, and restic restores no attributes of links
    const ignore = ['root', 'xattrs', 'hard links'] as const;
    assert.deepEqual(compareTrees(data, join(restored, data), { ignore }), []);
    const ours = join(folder.path, 'restored by us');
    await restoreTo(to, copy, ours);
    assert.deepEqual(compareTrees(data, join(ours, data), { ignore: ['root', 'hard links'] }), []);
    // ours is what restic's copy would have made: it finds nothing to do, in either direction
    for (const [repository, other] of [
      [second, first],
      [first, second],
    ] as const) {
      const environment = fromEnvironment(other);
      await resticMustSucceed({ ...restic, repository, environment }, 'copy');
    }
    assert.equal((await from.snapshotIds()).length, 1);
    assert.deepEqual(await to.snapshotIds(), [copy]);
    // what restic copies is a copy to us
    const third = join(folder.path, 'third');
    await using last = await makeVault(third);
    await resticMustSucceed({ ...restic, repository: third, environment: fromEnvironment(first) }, 'copy');
    const [byRestic] = await last.snapshots();
    const known = await copySnapshots(from, [{ repository: last, snapshotIds }]);
    assert.deepEqual(
      known.targets[0]?.copied.map(({ isNew, snapshot: { id } }) => [isNew, id]),
      [[false, byRestic?.id]],
    );
    const { id: _ours, ...mine } = await to.snapshot(copy);
    const { id: _theirs, ...theirs } = await last.snapshot('latest');
    // restic of the system knows no summary and no version of the program, and leaves out what it does not know
    const { summary: _summary, programVersion: _version, ...kept } = mine;
    assert.deepEqual(theirs, program === undefined ? kept : mine);
  });
}
