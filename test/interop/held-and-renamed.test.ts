/** Stock restic names a snapshot anew when it changes its tags: what was held stays held. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CliOptions, cliEnds, lastLine, password } from '../e2e/cli-process.ts';
import { newerRestic, resticMustSucceed } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function backUp(options: CliOptions, content: string): Promise<string> {
  const before = new Set(snapshotsOf(options));
  writeFileSync(join(options.folder, 'file'), content);
  await cliEnds(0, options, 'backup', '--vault', 'vault', '--path', 'file');
  return only(snapshotsOf(options).filter((id) => !before.has(id)));
}

function snapshotsOf({ folder }: CliOptions): readonly string[] {
  const path = join(folder, 'vault', 'snapshots');
  return existsSync(path) ? readdirSync(path) : [];
}

function only(ids: readonly string[]): string {
  const [id, ...more] = ids;
  assert.ok(id !== undefined && more.length === 0, `one snapshot, not ${ids.length}`);
  return id;
}

for (const [name, program] of [
  ['the restic of the system', undefined],
  ['a newer restic', newerRestic()],
] as const) {
  test(`what ${name} tags anew stays held until it is released`, async () => {
    assert.ok(name === 'the restic of the system' || program !== undefined, 'a newer restic is there');
    using folder = temporaryFolder();
    const options = { folder: folder.path };
    const restic = {
      ...{ repository: join(folder.path, 'vault'), password },
      ...(program === undefined ? {} : { program }),
    };
    const tag = async (id: string, tagged: string): Promise<string> => {
      const before = new Set(snapshotsOf(options));
      await resticMustSucceed(restic, 'tag', '--add', tagged, id);
      return only(snapshotsOf(options).filter((each) => !before.has(each)));
    };
    await cliEnds(0, options, 'vault', 'init', 'vault', '--no-recovery-key');
    const first = await backUp(options, 'one');
    const newest = await backUp(options, 'two');
    const second = await tag(first, 'audit');
    // held by a name that is not its first, and then named anew once more
    await cliEnds(0, options, 'pin', second, '--vault', 'vault', '--why', 'the auditors asked');
    const third = await tag(second, 'again');
    const refused = await cliEnds(
      1,
      options,
      'forget',
      '--vault',
      'vault',
      '--point',
      third,
      '--why',
      'x',
      '--yes',
      '--json',
    );
    assert.equal(lastLine(refused)['code'], 'POINT_HELD');
    await cliEnds(0, options, 'forget', '--vault', 'vault', '--keep-last', '1', '--group-by', '', '--yes');
    assert.deepEqual(snapshotsOf(options).toSorted(), [third, newest].toSorted());
    await cliEnds(0, options, 'unpin', third, '--vault', 'vault', '--why', 'they are gone');
    await cliEnds(0, options, 'forget', '--vault', 'vault', '--keep-last', '1', '--group-by', '', '--yes');
    assert.deepEqual(snapshotsOf(options), [newest]);
  });
}
