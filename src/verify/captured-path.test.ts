import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capturedPath, capturedRoots, type PointSource } from './captured-path.ts';

const pathIn = (path: string, source: Pick<PointSource, 'planned' | 'captured'>) => {
  const roots = capturedRoots({ ...source, isSameSystem: true, isNamedByPaths: true });
  return roots === undefined ? undefined : capturedPath(path, roots);
};

test('what was captured under another folder is looked for there', () => {
  const moved = { planned: ['/new/shop.db'], captured: ['/old/shop.db'] };
  assert.deepEqual(pathIn('/new/shop.db', moved), { path: '/old/shop.db', isAsPlanned: false });
  const two = { planned: ['/new/a', '/new/b'], captured: ['/old/a', '/old/b'] };
  assert.deepEqual(pathIn('/new/b/canary', two), { path: '/old/b/canary', isAsPlanned: false });
  const fixed = { planned: ['/etc', '/new/b'], captured: ['/etc', '/old/b'] };
  assert.deepEqual(pathIn('/new/b/canary', fixed), { path: '/old/b/canary', isAsPlanned: false });
  assert.deepEqual(pathIn('/etc/canary', fixed), { path: '/etc/canary', isAsPlanned: true });
});

test('what was captured where the plan says keeps its path, by whatever definition and in whatever order', () => {
  const more = {
    planned: ['/new/a', '/new/b'],
    captured: ['/new/b', '/old', '/new/a'],
    isSameSystem: false,
    isNamedByPaths: true,
  };
  const roots = capturedRoots(more);
  assert.ok(roots);
  assert.deepEqual(capturedPath('/new/b/canary', roots), { path: '/new/b/canary', isAsPlanned: true });
  assert.deepEqual(capturedPath('/elsewhere', roots), { path: '/elsewhere', isAsPlanned: false });
});

test('a point of another source has no place for what the plan reads', () => {
  const changed = {
    planned: ['/data/other.db'],
    captured: ['/data/shop.db'],
    isSameSystem: false,
    isNamedByPaths: true,
  };
  assert.equal(capturedRoots(changed), undefined);
  const added = { planned: ['/a', '/b'], captured: ['/a'] };
  assert.equal(capturedRoots({ ...added, isSameSystem: false, isNamedByPaths: true }), undefined);
  assert.equal(capturedRoots({ ...added, isSameSystem: true, isNamedByPaths: true }), undefined);
  const nearly = {
    planned: ['/data/a', '/data/c'],
    captured: ['/data/a', '/data/b'],
    isSameSystem: false,
    isNamedByPaths: true,
  };
  assert.equal(capturedRoots(nearly), undefined);
});

test('a source that its paths do not name is the same only by the same definition', () => {
  const command = { planned: ['/command/dump'], captured: ['/command/dump'], isNamedByPaths: false };
  assert.equal(capturedRoots({ ...command, isSameSystem: false }), undefined);
  assert.ok(capturedRoots({ ...command, isSameSystem: true }));
});

test('a list in another order is not taken for the one of the plan', () => {
  const order = { planned: ['/new/a', '/new/b'], captured: ['/old/b', '/old/a'] };
  assert.equal(pathIn('/new/a', order), undefined);
});

test('the whole machine is a root, and the longest root counts', () => {
  const whole = { planned: ['/'], captured: ['/'] };
  assert.deepEqual(pathIn('/etc/canary', whole), { path: '/etc/canary', isAsPlanned: true });
  const below = { planned: ['/'], captured: ['/mnt/old'] };
  assert.deepEqual(pathIn('/etc/canary', below), { path: '/mnt/old/etc/canary', isAsPlanned: false });
  const raised = { planned: ['/new'], captured: ['/'] };
  assert.deepEqual(pathIn('/new/canary', raised), { path: '/canary', isAsPlanned: false });
  const nested = { planned: ['/srv', '/srv/data/x'], captured: ['/srv', '/old/x'] };
  assert.deepEqual(pathIn('/srv/data/x/canary', nested), { path: '/old/x/canary', isAsPlanned: false });
});
