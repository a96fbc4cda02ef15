import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { loadPlan, loadRunnablePlan } from './load-plan.ts';
import { readIncludes } from './read-includes.ts';

test('includes of includes are read once, and what cannot be read says why', async () => {
  using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  mkdirSync(at('parts'));
  writeFileSync(at('parts/a.yaml'), 'include: [b.yaml, ../lifeboat.yaml]\n');
  writeFileSync(at('parts/b.yaml'), 'include: [./a.yaml]\nsystems: {}\n');
  writeFileSync(at('latin.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xe4]));
  writeFileSync(at('big.yaml'), `# ${'x'.repeat(2 * 1024 * 1024)}`);
  writeFileSync(at('file'), '');
  execFileSync('mkfifo', [at('pipe')]);
  const names = ['parts/a.yaml', 'gone.yaml', 'file/x.yaml', 'parts', 'pipe', 'latin.yaml', 'big.yaml'];
  const files = await readIncludes(`include: [${names.join(', ')}]\n`, 'lifeboat.yaml', folder.path);
  assert.deepEqual(Object.fromEntries(files), {
    'parts/a.yaml': 'include: [b.yaml, ../lifeboat.yaml]\n',
    'gone.yaml': { problem: 'missing' },
    'file/x.yaml': { problem: 'missing' },
    parts: { problem: 'not-a-file' },
    pipe: { problem: 'not-a-file' },
    'latin.yaml': { problem: 'not-utf8' },
    'big.yaml': { problem: 'too-large' },
    'parts/b.yaml': 'include: [./a.yaml]\nsystems: {}\n',
  });
});

test('a plan without includes reads no other file', async () => {
  assert.equal((await readIncludes('systems: {}\n', 'lifeboat.yaml', '/nowhere')).size, 0);
});

const plan = `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11, name: Shop, owner: Jane }
vaults: { here: { location: /a } }
include: [./parts/systems.yaml]
profiles: { staging: { metadata: { id: 6f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11 }, vaults: { here: { location: /b } } } }
`;

test('a plan is loaded from where it is, with all its files', async () => {
  using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  mkdirSync(at('shop/parts'), { recursive: true });
  writeFileSync(at('shop/lifeboat.yaml'), plan);
  writeFileSync(at('shop/parts/systems.yaml'), 'systems: { db: {} }\n');
  const loaded = await loadRunnablePlan('shop/lifeboat.yaml', folder.path, 'staging');
  assert.deepEqual(loaded.files, [at('shop/lifeboat.yaml'), at('shop/parts/systems.yaml')]);
  assert.equal(loaded.resolved.vaults[0]?.location, '/b');
  assert.equal((await loadRunnablePlan(at('shop/lifeboat.yaml'), '/')).resolved.vaults[0]?.location, '/a');
  await assert.rejects(loadPlan('shop/lifeboat.yaml', folder.path, 'stagin'), {
    code: 'USAGE',
    message: /no profile "stagin" in the plan .*lifeboat\.yaml$/,
    hint: 'Known profiles: staging; did you mean "staging"?',
  });
  writeFileSync(at('shop/parts/systems.yaml'), 'systems:\n  db: { tier: x, sources: {} }\n');
  await assert.rejects(loadRunnablePlan('shop/lifeboat.yaml', folder.path), {
    code: 'PLAN_INVALID',
    message: /line 2 of shop\/parts\/systems\.yaml: unknown key "sources"$/,
  });
});
