/** A process that backs up a folder is killed at a random moment, again and again, on one vault. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compareTrees } from '../support/compare-trees.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { resticMustSucceed } from '../support/stock-restic.ts';
import { backUp, makeVault, openVault, restoreTo } from '../support/vault.ts';

export interface KillScene {
  readonly root: string;
  readonly folder: string;
  readonly vaultPath: string;
  readonly random: SeededRandom;
  /** How long the process takes when it is left alone. */
  readonly wholeMs: number;
  /** The last snapshot that was made in peace, and a copy of the folder at that time. */
  readonly safe: { id: string; copy: string };
}

export async function makeKillScene(root: string, random: SeededRandom): Promise<KillScene> {
  const folder = join(root, 'folder');
  const vaultPath = join(root, 'vault');
  change(folder, random, 30);
  await using vault = await makeVault(vaultPath);
  const safe = { id: (await backUp(vault, folder)).snapshot.id, copy: copyOf(root, folder) };
  change(folder, random, 15);
  const startMs = performance.now();
  await once(startBackup(vaultPath, folder), 'exit');
  return { root, folder, vaultPath, random, safe, wholeMs: performance.now() - startMs };
}

/** Returns whether the process was killed before its end. */
export async function killOnce(scene: KillScene): Promise<boolean> {
  const { folder, vaultPath, random, wholeMs } = scene;
  change(folder, random, 15);
  const child = startBackup(vaultPath, folder);
  const exited = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), random.below(Math.ceil(wholeMs)));
  change(folder, random, 5);
  const [exitCode, signal]: unknown[] = await exited;
  clearTimeout(timer);
  assert.ok(signal === 'SIGKILL' || exitCode === 0, `the process ended with ${exitCode}`);
  await examine(scene);
  return signal === 'SIGKILL';
}

/** No damage, the last safe snapshot as it was, and the next backup works without unlocking. */
async function examine(scene: KillScene): Promise<void> {
  const { folder, vaultPath, safe } = scene;
  await resticMustSucceed({ repository: vaultPath }, '--no-lock', 'check', '--read-data');
  await using vault = await openVault(vaultPath);
  await expectRestored(scene, vault, safe.id, safe.copy);
  const next = await backUp(vault, folder, { parent: await vault.snapshot('latest') });
  assert.deepEqual(next.problems, []);
  await expectRestored(scene, vault, next.snapshot.id, folder);
  assert.deepEqual((await vault.check()).errors, []);
  safe.id = next.snapshot.id;
  safe.copy = copyOf(scene.root, folder);
}

async function expectRestored(
  { root, folder }: KillScene,
  vault: Awaited<ReturnType<typeof openVault>>,
  snapshot: string,
  expected: string,
): Promise<void> {
  const target = join(root, 'restored');
  const { problems } = await restoreTo(vault, snapshot, target);
  assert.deepEqual(problems, []);
  assert.deepEqual(compareTrees(expected, join(target, folder)), []);
  rmSync(target, { recursive: true });
}

function startBackup(vaultPath: string, folder: string) {
  const script = join(import.meta.dirname, 'backup-process.ts');
  return spawn(process.execPath, [script, vaultPath, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Writes some files anew, of sizes from nothing to several chunks. */
function change(folder: string, random: SeededRandom, files: number): void {
  for (let count = 0; count < files; count++) {
    const path = join(folder, `folder-${random.below(5)}`, `file-${random.below(60)}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      random.bytes(random.below(10) === 0 ? random.below(3_000_000) : random.below(50_000)),
    );
  }
}

function copyOf(root: string, folder: string): string {
  const copy = join(root, 'copy');
  rmSync(copy, { recursive: true, force: true });
  // Node's own copy loses nanoseconds
  execFileSync('cp', ['-a', folder, copy]);
  return copy;
}
