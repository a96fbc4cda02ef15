import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { initVault } from '../../src/vault/open-vault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const cheap = { N: 1024, r: 8, p: 1 };

test('the program in docs/formats/vault.md opens sealed objects without anything of ours', async () => {
  using folder = temporaryFolder();
  const location = join(folder.path, 'vault');
  await using vault = await initVault({
    store: openLocalStore(location),
    password: 'a first password',
    role: 'primary',
    kdf: cheap,
    stateFolder: join(folder.path, 'state'),
    cacheDirectory: join(folder.path, 'cache'),
    nowMs: Date.now,
  });
  await vault.repository.addKey('a second password');
  const text = 'version: 1 # with comments, and ünïcode\n';
  await vault.plans.save({ planId: 'p', planHash: 'v1:00ff', fileName: 'lifeboat.yaml', text, savedAtMs: 1 });
  const program = join(folder.path, 'open-sealed.mjs');
  writeFileSync(program, programIn('docs/formats/vault.md'));
  for (const password of ['a first password', 'a second password']) {
    const printed = execFileSync(process.execPath, [program, location, 'lifeboat/plan/v1-00ff'], {
      env: { ...process.env, PASSWORD: password },
    });
    assert.equal(JSON.parse(printed.toString()).text, text);
  }
});

function programIn(document: string): string {
  const page = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8');
  const [, program] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  assert.ok(program, `${document} holds a program`);
  return program;
}
