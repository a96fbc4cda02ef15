import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneAhead } from './one-ahead.ts';

async function* counted(end: number, asked: number[]): AsyncGenerator<number, void> {
  try {
    for (let n = 0; n < end; n++) {
      asked.push(n);
      yield n;
    }
  } finally {
    asked.push(-1);
  }
}

test('what comes next is asked for while the one before is used', async () => {
  const asked: number[] = [];
  const seen: string[] = [];
  for await (const n of oneAhead(counted(3, asked))) seen.push(`${n} with ${asked.join()}`);
  assert.deepEqual(seen, ['0 with 0,1', '1 with 0,1,2', '2 with 0,1,2,-1']);
});

test('who leaves early leaves the source as well, and an error comes in its turn', async () => {
  const asked: number[] = [];
  for await (const _ of oneAhead(counted(9, asked))) break;
  assert.deepEqual(asked, [0, 1, -1]);
  async function* broken(): AsyncGenerator<number, void> {
    yield 1;
    throw new Error('broken');
  }
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const n of oneAhead(broken())) seen.push(n);
  }, /broken/);
  assert.deepEqual(seen, [1]);
});
