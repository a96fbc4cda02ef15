/** Rules given by hand, on repositories without a plan: as restic decides, and never what somebody holds. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { appAdapters } from '../../src/app.ts';
import type { AppContext } from '../../src/cli/cli-context.ts';
import { forget } from '../../src/cli/commands/forget.ts';
import { createOutput } from '../../src/cli/output.ts';
import { parseInput } from '../../src/cli/parse-input.ts';
import { hasCode } from '../../src/error/lifeboat-error.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { openVault as openWholeVault } from '../../src/vault/open-vault.ts';
import { newerRestic, resticMustSucceed, testPassword } from '../support/stock-restic.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { backUp, makeKeyCheap, openVault, quickLocks } from '../support/vault.ts';

function contextIn(folder: string): AppContext {
  const stream = {
    isTerminal: false,
    wantsColour: false,
    columns: () => 80,
    write: async () => undefined,
    closed: new AbortController().signal,
  };
  return {
    output: createOutput({
      json: true,
      stdout: stream,
      stderr: stream,
      monotonicMs: () => performance.now(),
    }),
    signal: new AbortController().signal,
    nowMs: () => Date.now(),
    programVersion: '0.0.0-test',
    folder,
    adapters: appAdapters,
    openVault: ({ location }) =>
      openWholeVault({
        store: openLocalStore(location),
        password: testPassword,
        lockTiming: quickLocks,
        stateFolder: join(folder, 'state'),
        cacheDirectory: join(folder, 'cache'),
        nowMs: () => Date.now(),
      }),
    openStore: () => Promise.reject(new Error('no store is opened alone')),
    initVault: () => Promise.reject(new Error('made by restic')),
    describeCommands: async () => [],
  };
}

const program = newerRestic();
const missing = program === undefined ? 'needs restic 0.18, see LIFEBOAT_TEST_RESTIC_NEW' : false;

test('a repository of restic keeps what its own forget keeps, and stays sound', {
  skip: missing,
}, async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const [mine, theirs] = [join(folder.path, 'mine'), join(folder.path, 'theirs')];
  fs.mkdirSync(data);
  await resticMustSucceed({ repository: mine }, 'init');
  await makeKeyCheap(mine);
  for (let day = 1; day <= 9; day++) {
    fs.writeFileSync(join(data, 'file'), `day ${day}`);
    const time = `2026-11-0${day} 12:00:00`;
    await resticMustSucceed(
      { repository: mine },
      'backup',
      data,
      '--time',
      time,
      '--host',
      `host-${day % 2}`,
    );
  }
  fs.cpSync(mine, theirs, { recursive: true });
  const rules = ['--keep-daily=2', '--keep-weekly=2'];
  const parsed = parseInput('forget', forget, ['--vault', mine, ...rules, '--yes']);
  assert.ok(parsed.kind === 'run');
  const end = await forget.run(contextIn(folder.path), parsed.input);
  assert.equal(end.error, undefined);
  const newer = { repository: theirs, ...(program === undefined ? {} : { program }) };
  await resticMustSucceed(newer, 'forget', ...rules);
  const kept = fs.readdirSync(join(mine, 'snapshots')).sort();
  assert.deepEqual(kept, fs.readdirSync(join(theirs, 'snapshots')).sort());
  assert.ok(kept.length > 0 && kept.length < 9);
  await resticMustSucceed({ repository: mine }, 'check');
  const none = parseInput('forget', forget, ['--vault', mine, '--keep-tag=nobody-has-this', '--yes']);
  assert.ok(none.kind === 'run');
  const refused = await forget.run(contextIn(folder.path), none.input);
  assert.ok(hasCode(refused.error, 'RETENTION_REFUSED'));
  assert.deepEqual(fs.readdirSync(join(mine, 'snapshots')).sort(), kept);
  await using vault = await openVault(mine);
  await backUp(vault, data);
  assert.equal((await vault.snapshotIds()).length, kept.length + 1);
});
