import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { lockPlan } from './run-lock.ts';

test('a plan is locked by one, who is named to others, and free when it is given back', () => {
  using folder = temporaryFolder();
  const before = process.env['LIFEBOAT_STATE_DIR'];
  process.env['LIFEBOAT_STATE_DIR'] = folder.path;
  try {
    {
      using _lock = lockPlan('plan-a');
      using _other = lockPlan('plan-b');
      assert.throws(
        () => lockPlan('plan-a'),
        (error) =>
          error instanceof LifeboatError &&
          error.code === 'PLAN_BUSY' &&
          error.exitCode === 11 &&
          error.details['pid'] === process.pid,
      );
    }
    lockPlan('plan-a')[Symbol.dispose]();
  } finally {
    if (before === undefined) delete process.env['LIFEBOAT_STATE_DIR'];
    else process.env['LIFEBOAT_STATE_DIR'] = before;
  }
});
