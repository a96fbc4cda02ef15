import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siblingFile, siblingModule } from './location.ts';

test('siblings have the ending of whoever asks', () => {
  assert.equal(siblingModule('file:///a%20b/x.ts', './y-worker').href, 'file:///a%20b/y-worker.ts');
  assert.equal(siblingModule('file:///a%20b/x.js', './y-worker').href, 'file:///a%20b/y-worker.js');
  assert.equal(siblingFile('file:///a%20b/x.js', './y.wasm').href, 'file:///a%20b/y.wasm');
});
