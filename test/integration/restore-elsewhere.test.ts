/** A vault that cannot give a point ends a restore with the very command that takes the same point from another one. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import type { CommandEnd } from '../../src/cli/command.ts';
import { restore } from '../../src/cli/commands/restore.ts';
import { parseInput } from '../../src/cli/parse-input.ts';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import { type PlanScene, planScene, storedFiles } from './plan-scene.ts';

let scene: PlanScene;
afterEach(() => scene[Symbol.dispose]());

async function twoVaults(): Promise<void> {
  scene = await planScene({
    systems: '  uploads: { source: { kind: files, paths: [./uploads] } }',
    vaults: ['here', 'away'],
  });
  scene.write('uploads/a.txt', 'the first');
  for (const { error } of await scene.backup()) assert.equal(error, undefined);
}

async function run(...words: readonly string[]): Promise<CommandEnd> {
  const parsed = parseInput('restore', restore, [...words, '--yes']);
  assert.ok(parsed.kind === 'run');
  try {
    return await restore.run(scene.context, parsed.input);
  } catch (error) {
    assert.ok(error instanceof LifeboatError);
    return { summary: {}, error };
  }
}

/** The words after `lifeboat restore` in the first command that the hint gives. */
function commandIn({ error }: CommandEnd): readonly string[] {
  const [, line] = /`lifeboat restore ([^`]*)`/.exec(error?.hint ?? '') ?? [];
  assert.ok(line, `no command in: ${error?.hint}`);
  return line.split(' ').map((word) => word.replaceAll("'", ''));
}

async function expectRestored(end: CommandEnd, folder: string): Promise<void> {
  const words = commandIn(end);
  assert.ok(words.join(' ').includes('--vault away --point '), words.join(' '));
  const again = await run(...words);
  assert.equal(again.error, undefined);
  assert.equal(fs.readFileSync(join(folder, scene.path('uploads/a.txt')), 'utf8'), 'the first');
}

/** Flips a bit of every pack that holds data: the trees stay whole. */
async function damageData(name: string): Promise<void> {
  await using vault = await scene.open(name);
  const packs = storedFiles(scene, name, 'data');
  const trees = new Set<string>();
  for (const id of await vault.repository.snapshotIds()) {
    const { tree } = await vault.repository.snapshot(id);
    assert.ok(tree);
    trees.add(tree);
  }
  for (const pack of packs) {
    const bytes = fs.readFileSync(pack);
    const damaged = Buffer.from(bytes);
    damaged[10] = (damaged[10] ?? 0) ^ 1;
    fs.chmodSync(pack, 0o600);
    fs.writeFileSync(pack, damaged);
    await using looked = await scene.open(name);
    const listed = await Array.fromAsync(
      looked.repository.list(await looked.repository.snapshot('latest')),
    ).catch(() => undefined);
    if (listed === undefined) fs.writeFileSync(pack, bytes);
  }
}

test('damaged data: what is lacking comes from the other vault with the command that is given', async () => {
  await twoVaults();
  await damageData('here');
  const out = scene.path('the out');
  const end = await run('uploads', '--vault', 'here', '--to', out, '--include', '*.txt');
  assert.equal(end.error?.code, 'RESTORE_INCOMPLETE');
  assert.match(
    end.error.hint ?? '',
    /^Vault away has the same point: .*--include '\*\.txt' --overwrite`\. `lifeboat repair heal --vault here`/,
  );
  const words = commandIn(end).join(' ').replace('the out', 'the\u0000out').split(' ');
  const again = await run(...words.map((word) => word.replace('\u0000', ' ')));
  assert.equal(again.error, undefined);
  assert.equal(fs.readFileSync(join(out, scene.path('uploads/a.txt')), 'utf8'), 'the first');
});

test('a vault whose index is gone: the other one is named', async () => {
  await twoVaults();
  for (const index of storedFiles(scene, 'here', 'index')) fs.rmSync(index);
  const out = scene.path('out');
  await expectRestored(await run('uploads', '--vault', 'here', '--to', out), out);
});

test('a vault that is not there: the other one is taken unasked, and named where this one was asked for', async () => {
  await twoVaults();
  fs.renameSync(scene.vaultPath('here'), `${scene.vaultPath('here')}-unplugged`);
  const free = await run('uploads', '--to', scene.path('free'));
  assert.equal(free.error, undefined);
  const known = scene.path('known');
  const end = await run('uploads', '--vault', 'here', '--to', known);
  assert.equal(end.error?.code, 'VAULT_NOT_FOUND');
  await expectRestored(end, known);
  // a machine that never saw the vault
  fs.rmSync(join(scene.folder, '../caches'), { recursive: true });
  const unknown = scene.path('unknown');
  const blind = await run('uploads', '--vault', 'here', '--to', unknown);
  assert.equal(blind.error?.code, 'VAULT_NOT_FOUND');
  await expectRestored(blind, unknown);
});

test('where no other vault can be read, that is said', async () => {
  await twoVaults();
  await damageData('here');
  fs.renameSync(scene.vaultPath('away'), `${scene.vaultPath('away')}-unplugged`);
  const { error } = await run('uploads', '--to', scene.path('out'));
  assert.equal(error?.code, 'RESTORE_INCOMPLETE');
  assert.match(error.hint ?? '', /^No other vault that can be read has a point of uploads\./);
});

test('what stands in the way in the place itself is not blamed on the vault', async () => {
  await twoVaults();
  fs.rmSync(scene.path('uploads/a.txt'));
  scene.write('uploads/a.txt/mine', 'a folder where the file was');
  const { error } = await run('uploads', '--in-place', '--vault', 'here');
  assert.equal(error?.code, 'RESTORE_INCOMPLETE');
  assert.match(error.message, /could not be brought into place/);
  assert.doesNotMatch(`${error.message} ${error.hint}`, /vault (here|away)/i);
});
