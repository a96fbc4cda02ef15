import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { loadPlan } from './load-plan.ts';

test('what is no file is refused with its reason, and at once', async () => {
  using folder = temporaryFolder();
  symlinkSync('circle', join(folder.path, 'circle'));
  execFileSync('mkfifo', [join(folder.path, 'pipe')]);
  const cases: readonly (readonly [name: string, says: RegExp])[] = [
    ['absent', /^there is no plan at/],
    ['.', /^there is no plan at/],
    ['circle', /^there is no plan at/],
    ['x'.repeat(300), /^there is no plan at/],
    ['pipe', /pipe is a pipe and no file$/],
  ];
  for (const [name, says] of cases) {
    await assert.rejects(loadPlan(name, folder.path), (error) => {
      assert.ok(error instanceof LifeboatError, String(error));
      assert.equal(error.code, 'PLAN_NOT_FOUND');
      assert.match(error.message, says);
      return true;
    });
  }
});
