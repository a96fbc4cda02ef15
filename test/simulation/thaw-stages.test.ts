/** Somebody else's rule has moved more than the data into an archive class: a restore goes stage by stage, over several runs. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, test } from 'node:test';
import type { AppContext } from '../../src/cli/cli-context.ts';
import type { Command } from '../../src/cli/command.ts';
import { rescueRestore } from '../../src/cli/commands/rescue-restore.ts';
import { restore } from '../../src/cli/commands/restore.ts';
import { parseInput } from '../../src/cli/parse-input.ts';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { type PlanScene, planScene } from '../integration/plan-scene.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { seededRandom } from '../support/seeded-random.ts';

const uploads = '  uploads: { source: { kind: files, paths: [./uploads] }, checks: [files] }';
const hourMs = 3_600_000;
const runsMax = 5;

let scene: PlanScene;
afterEach(() => scene[Symbol.dispose]());

/** The vault as it is on disk, with what matches in GLACIER. */
async function coldVault(
  isCold: (key: string) => boolean,
): Promise<{ store: ObjectStore; context: AppContext }> {
  scene = await planScene({ systems: uploads });
  const random = seededRandom(21);
  for (const name of ['a', 'deep/b', 'deep/c']) scene.write(`uploads/${name}`, random.bytes(200_000));
  for (const { error } of await scene.backup()) assert.equal(error, undefined);
  const root = scene.vaultPath('here');
  const files = fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile());
  const objects = files.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [relative(root, path), fs.readFileSync(path)] as const;
  });
  const store = openMemoryStore(objects, { classes: true, nowMs: () => scene.context.nowMs() });
  for (const [key] of objects) if (isCold(key)) await store.abilities.storageClasses?.moveTo('GLACIER', key);
  scene.wraps.set('here', () => store);
  return { store, context: { ...scene.context, openStore: async () => store } };
}

/** Run again and again, six hours apart, as a person would. Gives the codes with which the runs ended. */
async function runUntilDone(
  command: Command<AppContext>,
  context: AppContext,
  words: readonly string[],
): Promise<readonly string[]> {
  const codes: string[] = [];
  for (let run = 0; run < runsMax; run++) {
    const parsed = parseInput('restore', command, words);
    assert.ok(parsed.kind === 'run');
    try {
      await command.run(context, parsed.input);
      return [...codes, 'done'];
    } catch (error) {
      if (!(error instanceof LifeboatError)) throw error;
      codes.push(error.code);
    }
    scene.aheadMs += 6 * hourMs;
  }
  return codes;
}

test('folders and index are thawed before it is known which data are needed', async () => {
  const { context } = await coldVault((key) => /^(?:data|index)\//.test(key));
  const to = scene.path('back');
  const line = ['uploads', '--to', to, '--yes'];
  assert.equal((await runUntilDone(restore, context, line))[0], 'OBJECT_COLD');
  const codes = await runUntilDone(restore, context, [...line, '--thaw', 'standard', '--no-wait']);
  assert.deepEqual(codes, ['THAW_PENDING', 'THAW_PENDING', 'THAW_PENDING', 'done']);
  assert.deepEqual(compareTrees(scene.path('uploads'), join(to, scene.path('uploads'))), []);
});

test('a rescue begins where not even the key can be read', async () => {
  const { context } = await coldVault(() => true);
  const to = scene.path('rescued');
  const line = ['--vault', scene.vaultPath('here'), '--to', to];
  assert.equal((await runUntilDone(rescueRestore, context, line))[0], 'OBJECT_COLD');
  assert.equal(fs.existsSync(to), false);
  const codes = await runUntilDone(rescueRestore, context, [...line, '--thaw', 'standard', '--no-wait']);
  assert.deepEqual(codes, ['THAW_PENDING', 'THAW_PENDING', 'THAW_PENDING', 'done']);
  assert.deepEqual(compareTrees(scene.path('uploads'), join(to, scene.path('uploads'))), []);
});
