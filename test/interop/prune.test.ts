/** Prune beside stock restic: we prune what it wrote, it prunes what we wrote, and both at the same time. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Repository } from '../../src/repository/repository-types.ts';
import { bytesBelow } from '../support/bytes-below.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { newerRestic, type ResticOptions, resticMustSucceed, testPassword } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeKeyCheap, makeVault, openVault, quickLocks, restoreTo } from '../support/vault.ts';

const newer = newerRestic();
const programs = ['restic', ...(newer === undefined ? [] : [newer])];
const lockTiming = { ...quickLocks, yieldPollMs: 20 };
/** How restic packs is not the same each time, and we rewrite no pack for less than half a percent. */
const toleratedShare = 1.005;
const dayMs = 24 * 60 * 60 * 1000;

/** Some files stay, some change from round to round. */
function writeTree(tree: string, round: number): void {
  const random = seededRandom(round * 1000);
  for (let file = 0; file < 40; file++) {
    if (round > 0 && file % 3 !== round % 3) continue;
    const folder = join(tree, `folder-${file % 4}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file-${file}`), random.bytes(random.below(400_000)));
  }
}

async function expectRestores(vault: Repository, id: string, tree: string, folder: string): Promise<void> {
  const target = join(folder, 'restored');
  const { problems } = await restoreTo(vault, id, target);
  assert.deepEqual(problems, []);
  assert.deepEqual(compareTrees(tree, join(target, tree), { ignore: ['root', 'mtime'] }), []);
  rmSync(target, { recursive: true });
}

for (const program of programs) {
  test(`we prune a repository of ${program}, as well as it does itself`, async () => {
    using folder = temporaryFolder();
    const tree = join(folder.path, 'tree');
    const repository = join(folder.path, 'vault');
    const restic: ResticOptions = { repository, program };
    await resticMustSucceed(restic, 'init', '--repository-version', '2');
    await makeKeyCheap(repository);
    for (let round = 0; round < 4; round++) {
      writeTree(tree, round);
      await resticMustSucceed(restic, 'backup', tree);
    }
    await resticMustSucceed(restic, 'forget', '--keep-last', '1');
    const copy = join(folder.path, 'copy');
    cpSync(repository, copy, { recursive: true });
    await resticMustSucceed({ repository: copy, program }, 'prune');
    await using vault = await openVault(repository, { lockTiming });
    const before = bytesBelow(repository);
    const packsBefore = bytesBelow(join(repository, 'data'));
    const report = await vault.prune({ graceMs: 0 });
    const [ours, theirs] = [bytesBelow(repository), bytesBelow(copy)];
    assert.ok(ours < before * 0.7, `${before} bytes became ${ours}`);
    assert.equal(report.reclaimed.bytes, packsBefore - bytesBelow(join(repository, 'data')));
    assert.ok(ours <= theirs * toleratedShare, `${ours} bytes by us, ${theirs} by ${program}`);
    await resticMustSucceed(restic, 'check', '--read-data');
    await expectRestores(vault, 'latest', tree, folder.path);
    writeTree(tree, 4);
    await resticMustSucceed(restic, 'backup', tree);
    await resticMustSucceed(restic, 'check', '--read-data');
    await expectRestores(vault, 'latest', tree, folder.path);
  });

  test(`${program} prunes a vault of ours between mark and sweep, and we go on`, async () => {
    using folder = temporaryFolder();
    const tree = join(folder.path, 'tree');
    const repository = join(folder.path, 'vault');
    await using vault = await makeVault(repository, { lockTiming, packBytesTarget: 1024 * 1024 });
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      writeTree(tree, round);
      ids.push((await backUp(vault, tree)).snapshot.id);
    }
    await vault.forget(ids.slice(0, 1));
    const marked = await vault.prune({ graceMs: dayMs, nowMs: Date.now() - 2 * dayMs });
    assert.ok(marked.pending.packs > 0);
    await vault.forget(ids.slice(1, 2));
    await resticMustSucceed({ repository, program }, 'prune');
    const swept = await vault.prune({ graceMs: dayMs });
    assert.equal(swept.neededAgain, 0);
    assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
    await resticMustSucceed({ repository, program }, 'check', '--read-data');
    await expectRestores(vault, 'latest', tree, folder.path);
    writeTree(tree, 3);
    const next = await backUp(vault, tree);
    await vault.prune({ graceMs: 0 });
    await resticMustSucceed({ repository, program }, 'check', '--read-data');
    await expectRestores(vault, next.snapshot.id, tree, folder.path);
  });

  test(`a backup of ${program} runs while we mark and want to sweep`, async () => {
    using folder = temporaryFolder();
    const tree = join(folder.path, 'tree');
    const repository = join(folder.path, 'vault');
    await using vault = await makeVault(repository, { lockTiming, packBytesTarget: 1024 * 1024 });
    writeTree(tree, 0);
    const first = await backUp(vault, tree);
    writeTree(tree, 1);
    const second = await backUp(vault, tree);
    const seen = seededRandom(7).bytes(3_000_000);
    const slow = spawn(program, ['--no-cache', 'backup', '--stdin', '--stdin-filename', 'slow'], {
      stdio: ['pipe', 'ignore', 'inherit'],
      env: { ...process.env, RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: testPassword },
    });
    const ended = new Promise<number | null>((resolve) => slow.on('close', resolve));
    slow.stdin.write(seen.subarray(0, 2_000_000));
    while (locksIn(repository) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const marked = await vault.prune({ graceMs: dayMs });
    assert.equal(marked.reclaimed.packs, 0);
    await assert.rejects(vault.forget([first.snapshot.id]), { code: 'VAULT_LOCKED' });
    const sweeping = vault.prune({ graceMs: 0, waitMs: 60_000 });
    slow.stdin.end(seen.subarray(2_000_000));
    assert.equal(await ended, 0);
    await sweeping;
    await vault.forget([first.snapshot.id]);
    const swept = await vault.prune({ graceMs: 0 });
    assert.ok(swept.reclaimed.bytes > 0);
    await resticMustSucceed({ repository, program }, 'check', '--read-data');
    await expectRestores(vault, second.snapshot.id, tree, folder.path);
    const stdin = await vault.snapshot('latest');
    const bytes = Buffer.concat(await Array.fromAsync(vault.dump(stdin, '/slow')));
    assert.ok(bytes.equals(seen));
  });
}

function locksIn(repository: string): number {
  return readdirSync(join(repository, 'locks')).filter((name) => !name.includes('-tmp-')).length;
}
