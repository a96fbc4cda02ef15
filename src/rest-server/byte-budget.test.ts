import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createByteBudget } from './byte-budget.ts';

const never = new AbortController().signal;

function gate() {
  return Promise.withResolvers<void>();
}

test('what does not fit waits, in the order it came', async () => {
  const budget = createByteBudget(10);
  const order: string[] = [];
  const first = gate();
  const started = gate();
  const one = budget.run(8, never, async () => {
    order.push('one');
    started.resolve();
    await first.promise;
  });
  const two = budget.run(10, never, async () => void order.push('two'));
  const three = budget.run(1, never, async () => void order.push('three'));
  await started.promise;
  assert.deepEqual(order, ['one']);
  first.resolve();
  await Promise.all([one, two, three]);
  assert.deepEqual(order, ['one', 'two', 'three']);
});

test('who gives up waiting stands in nobody’s way', async () => {
  const budget = createByteBudget(10);
  const first = gate();
  const one = budget.run(8, never, () => first.promise);
  const tired = new AbortController();
  const two = budget.run(10, tired.signal, async () => assert.fail('it never fits'));
  const three = budget.run(2, never, async () => 'done');
  tired.abort(new Error('gone'));
  await assert.rejects(two, { message: 'gone' });
  assert.equal(await three, 'done');
  first.resolve();
  await one;
  assert.equal(await budget.run(10, never, async () => 'all is free'), 'all is free');
});

test('what fails gives its bytes back', async () => {
  const budget = createByteBudget(10);
  await assert.rejects(
    budget.run(10, never, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  assert.equal(await budget.run(10, never, async () => 'free'), 'free');
});
