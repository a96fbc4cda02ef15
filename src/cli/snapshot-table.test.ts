import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Snapshot } from '../repository/repository-types.ts';
import { snapshotTable } from './snapshot-table.ts';
import { styleFor } from './style.ts';

const style = styleFor(false);
const uuid = '4c1f2b1a-91c7-4d58-8f0b-7f4f0e0d9a21';

function snapshot(more: Partial<Snapshot>): Snapshot {
  return {
    id: 'ab'.repeat(32),
    tree: 'cd'.repeat(32),
    time: '2026-11-21T18:00:00Z',
    timeMs: Date.UTC(2026, 10, 21, 18),
    hostname: 'backup-host',
    paths: ['/srv/shop/uploads'],
    tags: [`plan:${uuid}`, 'system:uploads', `run:${uuid}`],
    ...more,
  };
}

function table(width: number, more: Partial<Snapshot> = {}) {
  const made = snapshotTable([snapshot(more)], width, style);
  for (const line of made.lines) assert.ok(line.length <= width, line);
  return { leftOut: made.leftOut, heading: made.lines[0]?.replaceAll(/ +/g, ' '), row: made.lines[1] ?? '' };
}

test('where there is room all of it is shown', () => {
  const { leftOut, row } = table(Number.POSITIVE_INFINITY);
  assert.deepEqual(leftOut, []);
  assert.ok(row.includes(`plan:${uuid},system:uploads,run:${uuid}`) && row.includes('backup-host'));
});

test('tags of plan and run go first, then the host, then all tags, then the middle of paths', () => {
  const wide = table(100);
  assert.deepEqual([wide.heading, wide.leftOut], ['id time host size tags paths', ['tags of plan and run']]);
  assert.match(wide.row, /backup-host .* system:uploads {2}\/srv\/shop\/uploads$/);
  const usual = table(80);
  assert.equal(usual.heading, 'id time size tags paths');
  assert.match(usual.row, /system:uploads {2}\/srv\/shop\/uploads$/);
  const long = table(80, { paths: ['/srv/shop/a-rather-long-name/uploads'] });
  assert.deepEqual([long.heading, long.leftOut], ['id time size paths', ['tags', 'host']]);
  const longer = table(80, { paths: [`/srv/${'very/'.repeat(30)}end`] });
  assert.match(longer.row, /\/srv\/very.*….*very\/end$/);
  assert.deepEqual(longer.leftOut, ['tags', 'host', 'whole paths']);
  assert.equal(table(45).heading, 'id time size');
  assert.deepEqual(table(45, { tags: [] }).leftOut, ['host', 'paths']);
});
