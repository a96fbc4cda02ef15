import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ListedObject, ObjectStore, StoreFacts } from '../../src/object-store/object-store.ts';
import { listed } from '../support/listed.ts';

export interface StoreUnderTest {
  /** Empty. */
  readonly store: ObjectStore;
  readonly dispose: () => Promise<void>;
}

/** What differs between implementations. */
export interface StoreExpectations {
  readonly facts: Partial<StoreFacts>;
  /** How many keys the listing test writes: enough to need several pages. */
  readonly listedKeys: number;
  readonly largeObjectBytes: number;
}

const badKeys = [
  '',
  '/a',
  'a/',
  'a//b',
  '.',
  '..',
  'a/../b',
  '../a',
  'a/./b',
  'a b',
  'ä',
  'a\0b',
  'a\\b',
  'x'.repeat(900),
];

/** Checks every guarantee that the comment of the port gives, on a fresh store for each test. */
export function objectStoreConformance(
  name: string,
  make: () => Promise<StoreUnderTest>,
  expectations: StoreExpectations,
): void {
  describe(`object store ${name}`, () => {
    const check = (what: string, body: (store: ObjectStore) => Promise<void>): void => {
      test(what, async () => {
        const { store, dispose } = await make();
        try {
          await body(store);
        } finally {
          await dispose();
        }
      });
    };
    checkContents(check, expectations);
    checkAbsence(check);
    checkRanges(check);
    checkLists(check, expectations);
    checkConcurrency(check);
    checkSignals(check, expectations);
    checkKeys(check);
    check('states its facts and a location', async (store) => {
      assert.deepEqual({ ...store.facts, ...expectations.facts }, store.facts);
      assert.notEqual(store.location, '');
      assert.ok(store.facts.connections >= 1);
    });
    checkDisposal(make);
  });
}

type Check = (what: string, body: (store: ObjectStore) => Promise<void>) => void;

function checkContents(check: Check, { largeObjectBytes }: StoreExpectations): void {
  check('gives back the bytes that were put, and their size', async (store) => {
    const bytes = Buffer.from([0, 1, 2, 127, 128, 255, 10, 13]);
    await store.put('data/ab/object', bytes);
    assert.deepEqual(await store.get('data/ab/object'), bytes);
    assert.equal((await store.stat('data/ab/object')).size, 8);
  });
  check('keeps an empty object apart from an absent one', async (store) => {
    await store.put('empty', new Uint8Array(0));
    assert.equal((await store.get('empty')).length, 0);
    assert.equal((await store.stat('empty')).size, 0);
    assert.deepEqual(await listed(store), [{ key: 'empty', size: 0 }]);
  });
  check('carries a large object', async (store) => {
    const bytes = Buffer.alloc(largeObjectBytes, 'a large object ');
    await store.put('large', bytes);
    const got = await store.get('large');
    assert.ok(got.equals(bytes));
    assert.equal((await store.stat('large')).size, largeObjectBytes);
  });
  check('takes a part of a larger buffer for what it is', async (store) => {
    await store.put('part', Buffer.from('abcdef').subarray(2, 4));
    assert.equal((await store.get('part')).toString(), 'cd');
  });
  check('replaces an object as a whole', async (store) => {
    await store.put('key', Buffer.from('a long first content'));
    await store.put('key', Buffer.from('short'));
    assert.equal((await store.get('key')).toString(), 'short');
    assert.deepEqual(await listed(store), [{ key: 'key', size: 5 }]);
  });
  check('shares no memory with its callers', async (store) => {
    const bytes = Buffer.from('stable');
    await store.put('key', bytes);
    bytes.fill(0);
    (await store.get('key')).fill(0);
    assert.equal((await store.get('key')).toString(), 'stable');
  });
}

function checkAbsence(check: Check): void {
  check('names the absent object in OBJECT_MISSING', async (store) => {
    const missing = { code: 'OBJECT_MISSING', message: /data\/no\/such/, retryable: false };
    await assert.rejects(store.get('data/no/such'), missing);
    await assert.rejects(store.get('data/no/such', { offset: 0, length: 0 }), missing);
    await assert.rejects(store.stat('data/no/such'), missing);
  });
  check('takes the beginning of a key for no object', async (store) => {
    await store.put('data/ab/object', Buffer.from('x'));
    await assert.rejects(store.get('data/ab'), { code: 'OBJECT_MISSING' });
    await assert.rejects(store.stat('data/ab'), { code: 'OBJECT_MISSING' });
    await store.delete('data/ab');
    assert.equal((await store.get('data/ab/object')).toString(), 'x');
  });
  check('deletes, and deletes the absent with success', async (store) => {
    await store.put('a/key', Buffer.from('x'));
    await store.put('a/other', Buffer.from('y'));
    await store.delete('a/key');
    await store.delete('a/key');
    await store.delete('never/was');
    await assert.rejects(store.get('a/key'), { code: 'OBJECT_MISSING' });
    assert.deepEqual(await keysOf(store, ''), ['a/other']);
    await store.put('a/key', Buffer.from('again'));
    assert.equal((await store.get('a/key')).toString(), 'again');
  });
}

function checkRanges(check: Check): void {
  const inside = [
    { offset: 0, length: 10, text: '0123456789' },
    { offset: 0, length: 1, text: '0' },
    { offset: 9, length: 1, text: '9' },
    { offset: 3, length: 4, text: '3456' },
    { offset: 0, length: 0, text: '' },
    { offset: 5, length: 0, text: '' },
    { offset: 10, length: 0, text: '' },
  ];
  for (const { offset, length, text } of inside) {
    check(`reads ${length} bytes from offset ${offset} of 10`, async (store) => {
      await store.put('digits', Buffer.from('0123456789'));
      assert.equal((await store.get('digits', { offset, length })).toString(), text);
    });
  }
  const outside = [
    { offset: 0, length: 11 },
    { offset: 9, length: 2 },
    { offset: 10, length: 1 },
    { offset: 11, length: 0 },
    { offset: 1_000_000, length: 5 },
  ];
  for (const { offset, length } of outside) {
    check(`calls an object of 10 bytes damaged when asked for ${length} from ${offset}`, async (store) => {
      await store.put('digits', Buffer.from('0123456789'));
      await assert.rejects(store.get('digits', { offset, length }), {
        code: 'OBJECT_DAMAGED',
        message: /digits/,
      });
    });
  }
  check('refuses what is no range at all', async (store) => {
    await store.put('digits', Buffer.from('0123456789'));
    for (const [offset, length] of [
      [-1, 2],
      [0, -1],
      [0.5, 1],
      [0, Number.NaN],
    ] as const) {
      await assert.rejects(store.get('digits', { offset, length }), { code: 'ASSERTION' });
    }
  });
}

function checkLists(check: Check, { listedKeys }: StoreExpectations): void {
  check('lists nothing where nothing is', async (store) => {
    assert.deepEqual(await collect(store.list('')), []);
    assert.deepEqual(await collect(store.list('data/')), []);
    assert.deepEqual(await collect(store.list('data/ab/c')), []);
  });
  check('lists by prefix, be it a folder, a part of a name or a whole key', async (store) => {
    for (const key of ['config', 'data/a', 'data/ab/1', 'data/ab/2', 'data/b/1', 'database/x', 'keys/k']) {
      await store.put(key, Buffer.from(key));
    }
    assert.deepEqual(await keysOf(store, 'data/'), ['data/a', 'data/ab/1', 'data/ab/2', 'data/b/1']);
    assert.deepEqual(await keysOf(store, 'data'), [
      'data/a',
      'data/ab/1',
      'data/ab/2',
      'data/b/1',
      'database/x',
    ]);
    assert.deepEqual(await keysOf(store, 'data/a'), ['data/a', 'data/ab/1', 'data/ab/2']);
    assert.deepEqual(await keysOf(store, 'data/ab/2'), ['data/ab/2']);
    assert.deepEqual(await listed(store, 'conf'), [{ key: 'config', size: 6 }]);
    assert.equal((await keysOf(store, '')).length, 7);
    assert.deepEqual(await keysOf(store, 'config/'), []);
  });
  check(`lists ${listedKeys} keys once each, with their sizes`, async (store) => {
    const keys = Array.from({ length: listedKeys }, (_, i) => `data/${(i % 7).toString(16)}/${i}`);
    await inParallel(keys, (key) => store.put(key, Buffer.alloc(key.length)));
    const found = await listed(store, 'data/');
    assert.deepEqual(found.map(({ key }) => key).sort(), keys.sort());
    assert.ok(found.every(({ key, size }) => size === key.length));
  });
  check('lets a reader end a list early', async (store) => {
    await inParallel(['a', 'b', 'c'], (key) => store.put(key, Buffer.from(key)));
    for await (const { key } of store.list('')) {
      assert.match(key, /^[abc]$/);
      break;
    }
    assert.equal((await keysOf(store, '')).length, 3);
  });
  check('lets a reader make requests between two keys', async (store) => {
    await inParallel(['a', 'b', 'c'], (key) => store.put(key, Buffer.from(key)));
    for await (const { key } of store.list('')) {
      assert.equal((await store.get(key)).toString(), key);
      await store.delete(key);
    }
    assert.deepEqual(await keysOf(store, ''), []);
  });
}

function checkConcurrency(check: Check): void {
  check('shows a reader one whole object while many writers put the same key', async (store) => {
    await store.put('shared', Buffer.alloc(1000, 1));
    const writes = [2, 3, 4, 5, 6, 7, 8].map((n) => store.put('shared', Buffer.alloc(n * 1000, n)));
    const reads = Array.from({ length: 20 }, () => store.get('shared'));
    await Promise.all(writes);
    for (const bytes of [...(await Promise.all(reads)), await store.get('shared')]) {
      const writer = bytes[0] ?? 0;
      assert.ok(
        bytes.equals(Buffer.alloc(writer * 1000, writer)),
        `${bytes.length} bytes of writer ${writer}`,
      );
    }
    assert.equal((await collect(store.list(''))).length, 1);
  });
  check('makes the folders of many first writers', async (store) => {
    const keys = Array.from({ length: 30 }, (_, i) => `new/${i % 3}/deep/${i}`);
    await Promise.all(keys.map((key) => store.put(key, Buffer.from(key))));
    assert.deepEqual(await keysOf(store, 'new/'), keys.sort());
  });
  check('lists what was there all along once, while others write and delete', async (store) => {
    const lasting = Array.from({ length: 300 }, (_, i) => `data/lasting-${i}`);
    const passing = Array.from({ length: 300 }, (_, i) => `data/passing-${i}`);
    await inParallel([...lasting, ...passing.slice(0, 150)], (key) => store.put(key, Buffer.from('x')));
    const changes = Promise.all([
      inParallel(passing.slice(150), (key) => store.put(key, Buffer.from('x'))),
      inParallel(passing.slice(0, 150), (key) => store.delete(key)),
      inParallel(lasting.slice(0, 100), (key) => store.put(key, Buffer.from('y'))),
    ]);
    const listed = await keysOf(store, 'data/');
    await changes;
    assert.deepEqual(
      listed.filter((key) => key.startsWith('data/lasting-')),
      lasting.sort(),
    );
    assert.equal(new Set(listed).size, listed.length);
    assert.deepEqual(await keysOf(store, 'data/passing-'), passing.slice(150).sort());
  });
}

function checkSignals(check: Check, { largeObjectBytes }: StoreExpectations): void {
  check('rejects every call whose signal is aborted, with the reason', async (store) => {
    await store.put('key', Buffer.from('x'));
    const reason = new Error('the reason');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(store.put('other', Buffer.from('y'), signal), reason);
    await assert.rejects(store.get('key', undefined, signal), reason);
    await assert.rejects(store.stat('key', signal), reason);
    await assert.rejects(store.delete('key', signal), reason);
    await assert.rejects(collect(store.list('', signal)), reason);
    assert.deepEqual(await keysOf(store, ''), ['key']);
  });
  check('leaves the whole object or nothing when a put is aborted on its way', async (store) => {
    const bytes = Buffer.alloc(largeObjectBytes, 'abc');
    const outcomes = await Promise.all(
      [0, 1, 2, 3].map(async (turns) => {
        const controller = new AbortController();
        const key = `aborted/${turns}`;
        const put = store.put(key, bytes, controller.signal).then(
          () => true,
          () => false,
        );
        for (let turn = 0; turn < turns; turn += 1) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        controller.abort();
        return { key, done: await put };
      }),
    );
    const done = outcomes.filter((outcome) => outcome.done).map(({ key }) => key);
    const there = await listed(store, 'aborted/');
    // a server that had every byte when the put was aborted may keep the object
    assert.ok(there.every(({ size }) => size === largeObjectBytes));
    assert.deepEqual(
      done.filter((key) => !there.some((object) => object.key === key)),
      [],
    );
  });
  check('keeps the old object when the put of a new one is aborted', async (store) => {
    await store.put('key', Buffer.from('old'));
    await assert.rejects(store.put('key', Buffer.from('new'), AbortSignal.abort()));
    assert.equal((await store.get('key')).toString(), 'old');
  });
}

function checkKeys(check: Check): void {
  check('refuses what is no key before anything happens', async (store) => {
    for (const key of badKeys) {
      await assert.rejects(store.put(key, Buffer.from('x')), { code: 'ASSERTION' }, key);
      await assert.rejects(store.get(key), { code: 'ASSERTION' }, key);
      await assert.rejects(store.stat(key), { code: 'ASSERTION' }, key);
      await assert.rejects(store.delete(key), { code: 'ASSERTION' }, key);
    }
    for (const prefix of ['/', '../', 'a/../', 'a//', 'ä']) {
      await assert.rejects(collect(store.list(prefix)), { code: 'ASSERTION' }, prefix);
    }
    assert.deepEqual(await keysOf(store, ''), []);
  });
  check('refuses the names of unfinished writes, which no list would show', async (store) => {
    await assert.rejects(store.put('data/abc-tmp-123', Buffer.from('x')), { code: 'ASSERTION' });
  });
  check('takes every character that a key may have', async (store) => {
    const keys = ['AZ.az_09-', '.hidden/..two/...', 'data/-', 'a/b/c/d/e/f/g', 'x'.repeat(200)];
    await inParallel(keys, (key) => store.put(key, Buffer.from(key)));
    assert.deepEqual(await keysOf(store, ''), keys.sort());
    assert.deepEqual(await keysOf(store, '.'), ['.hidden/..two/...']);
  });
}

/** By hand, because `check` disposes once itself. */
function checkDisposal(make: () => Promise<StoreUnderTest>): void {
  describe('disposal', () => {
    let made: StoreUnderTest;
    before(async () => {
      made = await make();
    });
    after(async () => {
      await made.dispose();
    });
    test('ends without an error, twice as well', async () => {
      await made.store.put('key', Buffer.from('x'));
      await made.store[Symbol.asyncDispose]();
      await assert.doesNotReject(async () => made.store[Symbol.asyncDispose]());
    });
  });
}

export async function collect(objects: AsyncIterable<ListedObject>): Promise<ListedObject[]> {
  return await Array.fromAsync(objects);
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await collect(store.list(prefix))).map(({ key }) => key).sort();
}

const atOnce = 16;

async function inParallel(keys: readonly string[], act: (key: string) => Promise<void>): Promise<void> {
  const queue = [...keys].values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const key of queue) {
        await act(key);
      }
    }),
  );
}
