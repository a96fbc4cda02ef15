import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Repository } from '../../src/repository/repository-types.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { restoreTo } from '../support/vault.ts';

export interface RestoreScene {
  readonly root: string;
  /** The folder that was backed up. */
  readonly now: string;
}

/** A snapshot comes back as the folder `expected`. */
export async function expectRestored(
  { root, now }: RestoreScene,
  vault: Repository,
  snapshot: string,
  expected: string,
): Promise<void> {
  const target = join(root, 'restored');
  try {
    const { problems } = await restoreTo(vault, snapshot, target);
    assert.deepEqual(problems, []);
    assert.deepEqual(compareTrees(expected, join(target, now), { ignore: ['root', 'mtime'] }), []);
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}
