import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { removeTree } from './remove-tree.ts';
import { makeStaging } from './staging.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

describe('makeStaging', () => {
  it('gives an empty folder that is gone afterwards', () => {
    using parent = temporaryFolder();
    {
      using staging = makeStaging(parent.path);
      writeFileSync(join(staging.path, 'file'), 'x');
      assert.equal(readdirSync(parent.path).length, 1);
    }
    assert.deepEqual(readdirSync(parent.path), []);
  });

  it('removes what a process that was killed left, and nothing that is in use or has another name', () => {
    using parent = temporaryFolder();
    mkdirSync(join(parent.path, '.lifeboat-staging-left/root/deep'), { recursive: true });
    writeFileSync(join(parent.path, '.lifeboat-staging-left/root/deep/file'), 'x');
    writeFileSync(join(parent.path, '.lifeboat-staging-left/lock'), '1\n');
    mkdirSync(join(parent.path, '.lifeboat-staging-mine'));
    writeFileSync(join(parent.path, '.lifeboat-staging-mine/other-work'), 'x');
    mkdirSync(join(parent.path, '.lifeboat-other'));
    writeFileSync(join(parent.path, '.lifeboat-staging-file'), 'no folder');
    using inUse = makeStaging(parent.path);
    using second = makeStaging(parent.path);
    assert.ok(existsSync(inUse.path) && existsSync(second.path));
    assert.equal(existsSync(join(parent.path, '.lifeboat-staging-left')), false);
    assert.deepEqual(
      readdirSync(parent.path).filter((name) => /other|file/.test(name)),
      ['.lifeboat-other', '.lifeboat-staging-file'],
    );
    assert.deepEqual(readdirSync(join(parent.path, '.lifeboat-staging-mine')), ['other-work']);
  });

  it('makes nothing but itself where the folder is gone', () => {
    using parent = temporaryFolder();
    using staging = makeStaging(join(parent.path, 'gone/deeper'));
    assert.ok(existsSync(staging.path));
    assert.equal(existsSync(join(parent.path, 'gone')), false);
  });
});

describe('removeTree', () => {
  const why = isRoot ? false : 'needs root: runs a child as another user';

  it('removes folders that their owner may not write into', { skip: why }, () => {
    using parent = temporaryFolder();
    chmodSync(parent.path, 0o777);
    const tree = join(parent.path, 'tree');
    mkdirSync(join(tree, 'closed'), { recursive: true });
    writeFileSync(join(tree, 'closed/file'), 'x');
    for (const name of ['closed/file', 'closed', '']) chownSync(join(tree, name), nobody, nobody);
    chmodSync(join(tree, 'closed'), 0o500);
    const url = fileURLToPath(new URL('./remove-tree.ts', import.meta.url));
    const script = `import { removeTree } from ${JSON.stringify(url)}; removeTree(${JSON.stringify(tree)});`;
    const run = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      uid: nobody,
      gid: nobody,
    });
    assert.equal(run.status, 0, run.stderr.toString());
    assert.equal(existsSync(tree), false);
  });

  it('succeeds where nothing is', () => {
    using parent = temporaryFolder();
    removeTree(join(parent.path, 'nothing'));
    assert.deepEqual(readdirSync(parent.path), []);
  });
});
