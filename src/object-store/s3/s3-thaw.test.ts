import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateIn } from './s3-thaw.ts';

const until = 'Fri, 21 Dec 2012 00:00:00 GMT';

test('what is in no archive class is ready', () => {
  assert.deepEqual(stateIn({}), { kind: 'ready' });
  assert.deepEqual(stateIn({ StorageClass: 'GLACIER_IR' }), { kind: 'ready' });
  assert.deepEqual(stateIn({ StorageClass: 'INTELLIGENT_TIERING' }), { kind: 'ready' });
});

test('an archived object is cold, thawing, and ready until a date', () => {
  const StorageClass = 'DEEP_ARCHIVE';
  assert.deepEqual(stateIn({ StorageClass }), { kind: 'cold' });
  assert.deepEqual(stateIn({ StorageClass, Restore: 'ongoing-request="true"' }), { kind: 'thawing' });
  const Restore = `ongoing-request="false", expiry-date="${until}"`;
  assert.deepEqual(stateIn({ StorageClass, Restore }), { kind: 'ready', untilMs: Date.parse(until) });
});

test('the archive tiers of intelligent tiering are cold', () => {
  const head = { StorageClass: 'INTELLIGENT_TIERING', ArchiveStatus: 'DEEP_ARCHIVE_ACCESS' } as const;
  assert.deepEqual(stateIn(head), { kind: 'cold' });
});
