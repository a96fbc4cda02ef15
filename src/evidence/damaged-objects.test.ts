import assert from 'node:assert/strict';
import { test } from 'node:test';
import { damagedObjects } from './damaged-objects.ts';

const findings = (count: number) => Array.from({ length: count }, (_, at) => ({ object: `data/${at}` }));

test('each object is named once; a list that is cut says of how many', () => {
  assert.deepEqual(damagedObjects([]), {});
  assert.deepEqual(damagedObjects([...findings(2), ...findings(2)]), {
    damagedObjects: ['data/0', 'data/1'],
  });
  assert.equal(damagedObjects(findings(1000)).damagedObjectCount, undefined);
  const cut = damagedObjects(findings(1001));
  assert.deepEqual([cut.damagedObjects?.length, cut.damagedObjectCount], [1000, 1001]);
});
