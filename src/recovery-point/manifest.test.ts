import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeManifest, encodeManifest, type Manifest } from './manifest.ts';

const manifest: Manifest = {
  version: 1,
  system: 'orders',
  systemHash: 'v1:1',
  planId: 'plan',
  planHash: 'v1:2',
  runId: 'run',
  capturedAtMs: 1000,
  start: { kind: 'none' },
  end: { kind: 'none' },
  values: { 'rows:orders': 4711, name: 'text' },
  contents: { files: 1, directories: 2, symlinks: 3, others: 4, bytes: 5, digest: 'ab' },
};

describe('decodeManifest', () => {
  it('reads what was written', () => {
    assert.deepEqual(decodeManifest(encodeManifest(manifest)), manifest);
  });

  it('refuses what is no manifest of a known version', () => {
    const changed: readonly unknown[] = [
      null,
      [],
      'text',
      { ...manifest, version: 2 },
      { ...manifest, system: 1 },
      { ...manifest, capturedAtMs: '1000' },
      { ...manifest, values: [] },
      { ...manifest, values: { rows: { nested: 1 } } },
      { ...manifest, contents: { ...manifest.contents, digest: undefined } },
      { ...manifest, contents: { ...manifest.contents, bytes: null } },
    ];
    for (const json of changed)
      assert.throws(
        () => decodeManifest(Buffer.from(JSON.stringify(json))),
        { code: 'OBJECT_DAMAGED' },
        JSON.stringify(json),
      );
    assert.throws(() => decodeManifest(Buffer.from('{"version":1')), { code: 'OBJECT_DAMAGED' });
    assert.throws(() => decodeManifest(Buffer.alloc(0)), { code: 'OBJECT_DAMAGED' });
  });
});
