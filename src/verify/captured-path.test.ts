import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capturedPath } from './captured-path.ts';

test('what was captured under another folder is looked for there', () => {
  const moved = { planned: ['/new/shop.db'], captured: ['/old/shop.db'] };
  assert.deepEqual(capturedPath('/new/shop.db', moved), { path: '/old/shop.db', isAsPlanned: false });
  const two = { planned: ['/new/a', '/new/b'], captured: ['/old/a', '/old/b'] };
  assert.deepEqual(capturedPath('/new/b/canary', two), { path: '/old/b/canary', isAsPlanned: false });
});

test('what was captured where the plan says, or cannot be told, keeps its path', () => {
  const same = { planned: ['/new/a', '/new/b'], captured: ['/new/b', '/old/a'] };
  assert.deepEqual(capturedPath('/new/b/canary', same), { path: '/new/b/canary', isAsPlanned: true });
  const fewer = { planned: ['/new/a', '/new/b'], captured: ['/old/a'] };
  assert.deepEqual(capturedPath('/new/b', fewer), { path: '/new/b', isAsPlanned: false });
  assert.deepEqual(capturedPath('/elsewhere', same), { path: '/elsewhere', isAsPlanned: false });
});
