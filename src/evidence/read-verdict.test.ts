import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVerdict } from './read-verdict.ts';

const bad = [{ object: 'data/x' }];
const sound = (id: string) => ({ id, errors: [], coldPacks: 0 });

test('what was found wrong once is damaged, whatever another reading says, and then the verdict is fail', () => {
  const read = readVerdict([
    ...[sound('one'), { id: 'two', errors: bad, coldPacks: 0 }],
    ...[sound('two'), sound('one'), { id: 'three', errors: [], coldPacks: 1 }],
  ]);
  assert.deepEqual(read, {
    verdict: 'fail',
    snapshotIds: ['one'],
    damagedSnapshotIds: ['two'],
    coldSnapshotIds: ['three'],
    damagedObjects: ['data/x'],
  });
});

test('without errors it passes, and what nobody read keeps it open', () => {
  assert.deepEqual(readVerdict([sound('one')]), {
    verdict: 'pass',
    snapshotIds: ['one'],
    damagedSnapshotIds: [],
  });
  const cold = readVerdict([sound('one'), { id: 'two', errors: [], coldPacks: 2 }]);
  assert.deepEqual(
    [cold.verdict, cold.snapshotIds, cold.coldSnapshotIds],
    ['inconclusive', ['one'], ['two']],
  );
});

test('where nobody knows what needs the damaged object, no snapshot is called right', () => {
  assert.deepEqual(
    readVerdict([sound('one'), { id: 'two', errors: bad, coldPacks: 0 }], [{ object: 'index' }]),
    {
      verdict: 'fail',
      snapshotIds: [],
      damagedSnapshotIds: [],
      damagedObjects: ['data/x', 'index'],
    },
  );
});
