/** One object of a vault is damaged in one way; the damage must be found, and nothing wrong be restored as right. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LifeboatError } from '../../src/error/lifeboat-error.ts';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { Repository, Snapshot } from '../../src/repository/repository-types.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import { backUp, makeVault, openVault, restoreTo, type VaultOptions } from '../support/vault.ts';

const options: VaultOptions = { packBytesTarget: 200 * 1024, workers: 1 };
const kinds = ['config', 'keys/', 'data/', 'index/', 'snapshots/'] as const;
const ways = ['flip', 'truncate', 'delete', 'swap'] as const;

export interface DamageScene {
  readonly root: string;
  readonly folder: string;
  readonly objects: ReadonlyMap<string, Buffer>;
  /** Copies of the folder by the id of the snapshot that was made of it. */
  readonly copies: ReadonlyMap<string, string>;
}

export interface Damage {
  readonly key: string;
  readonly way: (typeof ways)[number];
  /** The bit, or the length that is left. */
  readonly at: number;
  /** The object that it changes places with. */
  readonly other: string;
}

/** Two snapshots, two keys, several packs and index files. */
export async function makeDamageScene(root: string, seed: number): Promise<DamageScene> {
  const random = seededRandom(seed);
  const folder = join(root, 'folder');
  const store = openMemoryStore();
  await using vault = await makeVault(store, options);
  await vault.addKey('another password');
  const copies = new Map<string, string>();
  for (const round of [1, 2]) {
    for (let file = 0; file < 8; file++) {
      const path = join(folder, `folder-${file % 3}`, `file-${file * round}`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, random.bytes(random.below(160_000)));
    }
    const { snapshot } = await backUp(vault, folder);
    execFileSync('cp', ['-a', folder, join(root, `copy-${round}`)]);
    copies.set(snapshot.id, join(root, `copy-${round}`));
  }
  return { root, folder, objects: new Map(store.objects), copies };
}

/** The same for every run of one seed on one scene. */
export function drawDamage(scene: DamageScene, seed: number): Damage {
  const random: SeededRandom = seededRandom(seed);
  const kind = random.pick(kinds);
  const keys = [...scene.objects.keys()].filter((each) => /^(config|keys|data|index|snapshots)/.test(each));
  const key = random.pick(keys.filter((each) => each.startsWith(kind)).sort());
  const bytes = scene.objects.get(key)?.length ?? 0;
  const way = random.pick(ways);
  const at = way === 'flip' ? random.below(bytes * 8) : random.below(bytes);
  return { key, way, at, other: random.pick(keys.filter((each) => each !== key).sort()) };
}

/**
 * Raises when the damage is not found by opening or checking, is not named, or what comes back is wrong. The
 * loss of a whole snapshot or of one key of several leaves a sound vault: then it must only be listed no more.
 */
export async function tryDamage(scene: DamageScene, damage: Damage): Promise<void> {
  const store = openMemoryStore(scene.objects);
  const before = scene.objects.get(damage.key) ?? Buffer.alloc(0);
  if (damage.way === 'delete') await store.delete(damage.key);
  else await store.put(damage.key, damaged(scene, before, damage));
  if (damage.way === 'swap') await store.put(damage.other, before);
  const vault = await openVault(store, options).catch((error: unknown) => expectNamed(error, damage));
  if (!vault) return;
  await using opened = vault;
  const report = await opened.check({ readData: 'all' });
  const text = report.errors.map(({ object, what, hint }) => `${object} ${what} ${hint}`).join('\n');
  if (damage.way !== 'delete' || /^(data|index)/.test(damage.key)) {
    assert.notEqual(text, '', 'check finds the damage');
    const isNamed = text.includes(damage.key) || (damage.way === 'swap' && text.includes(damage.other));
    if (damage.way !== 'delete' || damage.key.startsWith('data')) assert.ok(isNamed, text);
  }
  for (const [id, copy] of scene.copies) await restoreHonestly(scene, opened, id, copy, damage);
}

function damaged(scene: DamageScene, bytes: Buffer, { way, at, other }: Damage): Buffer {
  if (way === 'swap') return scene.objects.get(other) ?? Buffer.alloc(0);
  if (way === 'truncate') return bytes.subarray(0, at);
  const flipped = Buffer.from(bytes);
  flipped[at >> 3] = (flipped[at >> 3] ?? 0) ^ (1 << (at & 7));
  return flipped;
}

/** Opening fails: with the object's name, something to do, and an exit code of its own. */
function expectNamed(error: unknown, { key, way, other }: Damage): undefined {
  assert.ok(error instanceof LifeboatError, String(error));
  // nobody can name a key that is not there
  if (way === 'delete' && key.startsWith('keys/')) assert.equal(error.code, 'WRONG_PASSWORD');
  else {
    const isNamed = error.message.includes(key) || (way === 'swap' && error.message.includes(other));
    assert.ok(isNamed, `"${error.message}" names ${key}`);
  }
  assert.ok([10, 12, 13, 14].includes(error.exitCode), `exit code ${error.exitCode}`);
  assert.notEqual(error.hint ?? '', '');
  return undefined;
}

/** Everything is right, or what is not is missing and reported. */
async function restoreHonestly(
  scene: DamageScene,
  vault: Repository,
  id: string,
  copy: string,
  damage: Damage,
): Promise<void> {
  const target = join(scene.root, 'restored');
  try {
    const found: Snapshot = await vault.snapshot(id);
    const { problems } = await restoreTo(vault, found, target);
    const differences = compareTrees(copy, join(target, scene.folder));
    if (problems.length === 0) assert.deepEqual(differences, []);
    // a file that cannot be restored is left out; none is there with wrong bytes
    assert.deepEqual(
      differences.filter((line) => !line.includes('is missing')),
      [],
    );
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    const isGone = damage.key === `snapshots/${id}` && error.code === 'SNAPSHOT_NOT_FOUND';
    assert.ok(isGone || ['OBJECT_DAMAGED', 'OBJECT_MISSING'].includes(error.code), String(error));
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}
