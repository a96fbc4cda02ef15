import assert from 'node:assert/strict';
import test from 'node:test';
import type { CaptureEvent, ContentRange } from '../../source.ts';
import { changedTables, isVisibilityMap } from './visibility-map.ts';

const page = 8192;
const covered = 32_672;

function mapEvent(pages: number, ranges: readonly ContentRange[]): CaptureEvent {
  const metadata = {
    ...({ type: 'file', mode: 0o100600, mtimeNs: 0n, ctimeNs: 0n, uid: 0, gid: 0 } as const),
    ...{ user: '', group: '', size: pages * page },
  };
  async function* open(): AsyncGenerator<Uint8Array> {
    for (const { length } of ranges) yield Buffer.alloc(length, 7);
  }
  return {
    kind: 'entry',
    name: Buffer.from('16384_vm'),
    metadata,
    content: { kind: 'patch', size: pages * page, ranges, open },
  };
}

async function patchOf(event: CaptureEvent) {
  assert.ok(event.kind === 'entry' && event.content.kind === 'patch');
  const bytes = Buffer.concat(await Array.fromAsync(event.content.open()));
  return { ranges: event.content.ranges, bytes };
}

test('pages of the map that tell of changed pages of the table are emptied, others are left', async () => {
  const tables = changedTables();
  tables.note('base/5/16384', 1e9, [{ at: 3 * covered * page, length: page }]);
  tables.note('base/5/16384.1', 1e9, [{ at: 0, length: page }]);
  tables.note('base/5/999', 1e9);
  const { event, isSame } = tables.emptied('base/5/16384_vm', mapEvent(6, []));
  assert.equal(isSame, false);
  const { ranges, bytes } = await patchOf(event);
  // block 131072 is told of by page 4
  assert.deepEqual(ranges, [{ at: 3 * page, length: 2 * page }]);
  assert.ok(bytes.equals(Buffer.alloc(2 * page)));
});

test('a page of the map that came is kept, between those that are emptied', async () => {
  const tables = changedTables();
  tables.note('base/5/16384', 3 * covered * page);
  const { event } = tables.emptied('base/5/16384_vm', mapEvent(9, [{ at: page, length: page }]));
  const { ranges, bytes } = await patchOf(event);
  assert.deepEqual(ranges, [{ at: 0, length: 3 * page }]);
  assert.deepEqual(
    [0, 1, 2].map((index) => bytes[index * page]),
    [0, 7, 0],
  );
});

test('the map of a table in which nothing changed stays as it is', () => {
  const tables = changedTables();
  tables.note('base/5/16384', page, []);
  assert.equal(tables.emptied('base/5/16384_vm', mapEvent(1, [])).isSame, true);
});

test('what a visibility map is', () => {
  assert.deepEqual(
    ['base/5/1259_vm', 'base/5/1259_vm.1', 'base/5/1259', 'base/5/1259_fsm', 'pg_xact/0000_vm'].map(
      isVisibilityMap,
    ),
    [true, true, false, false, true],
  );
});
