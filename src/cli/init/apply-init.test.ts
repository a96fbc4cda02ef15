import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { appAdapters } from '../../app.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { createOutput } from '../output.ts';
import type { TextStream } from '../standard-streams.ts';
import { createVaultAccess } from '../vault-access.ts';
import { applyInit } from './apply-init.ts';
import { planKeys } from './plan-keys.ts';

const nowhere: TextStream = {
  isTerminal: false,
  wantsColour: false,
  columns: () => 80,
  write: async () => undefined,
  closed: new AbortController().signal,
};

/** A real context, of which the second vault that is made fails. */
function contextIn(folder: string) {
  const output = createOutput({ json: false, stdout: nowhere, stderr: nowhere, monotonicMs: () => 0 });
  const { signal } = new AbortController();
  const parts = { adapters: appAdapters, output, folder, programVersion: 'test', nowMs: () => 0, signal };
  const access = createVaultAccess(parts);
  let vaults = 0;
  return {
    ...parts,
    ...access,
    initVault: async (request: Parameters<typeof access.initVault>[0]) => {
      vaults += 1;
      if (vaults === 2) throw new LifeboatError('DISK_FULL', 'no space', { hint: 'Make room.' });
      return await access.initVault(request);
    },
    describeCommands: async () => [],
  };
}

test('a failure half-way says what exists and how to go on; a key that opens nothing is not left', async () => {
  using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  process.env['XDG_CONFIG_HOME'] = at('config');
  process.env['XDG_CACHE_HOME'] = at('cache');
  process.env['LIFEBOAT_STATE_DIR'] = at('state');
  const choices = {
    planFile: at('lifeboat.yaml'),
    ...{ name: 'Shop', owner: 'x', timeZone: 'UTC', rpo: '2 h', rto: '4 h', schedule: 'hourly' },
    vaults: [
      { name: 'primary', role: 'primary', path: at('one'), state: 'new' },
      { name: 'secondary', role: 'secondary', path: at('two'), state: 'new' },
    ] as const,
    systems: [],
  };
  const id = '5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11';
  const keys = await planKeys(choices, { kind: 'generated' }, id);
  const plan = { choices, id, keys, text: 'version: 1\n', recovery: { kind: 'none' }, force: false } as const;
  const key = at('config/lifeboat/keys/shop-primary');
  await assert.rejects(applyInit(contextIn(folder.path), plan), (error) => {
    assert.ok(hasCode(error, 'DISK_FULL'));
    assert.match(error.message, /no space; init stopped before the plan was written/);
    assert.deepEqual(error.details['made'], [`the key file ${key}`, `the vault ${at('one')}`]);
    assert.ok(error.hint?.includes(`--vault ${at('one')} --key-file ${key}`));
    return true;
  });
  assert.deepEqual(fs.readdirSync(at('config/lifeboat/keys')), ['shop-primary']);
  assert.ok(!fs.existsSync(choices.planFile));
});
