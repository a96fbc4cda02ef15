import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCounts, zeroCounts } from '../object-store/count.ts';
import { openMemoryStore } from '../object-store/memory/memory-store.ts';
import type { StoreAdapters } from './adapters.ts';
import { createOutput } from './output.ts';
import { tellUses, useFields, watchStores } from './store-use.ts';

const adapters: StoreAdapters = {
  openStore: async () => withCounts(openMemoryStore([['key', Buffer.from('content')]])),
  isWritable: async () => true,
};
const s3 = { kind: 's3', bucket: 'shop', prefix: 'vault' } as const;
const folder = { kind: 'folder', path: '/mnt/vault' } as const;

test('what is asked of stores is summed by place, whether they are open or closed', async () => {
  const watched = watchStores(adapters);
  {
    await using first = await watched.adapters.openStore(s3);
    await first.put('other', Buffer.from('12345'));
  }
  const second = await watched.adapters.openStore(s3);
  await second.get('key');
  await second.stat('key');
  const local = await watched.adapters.openStore(folder);
  await local.get('key');
  assert.deepEqual(watched.uses(), [
    {
      location: 's3://shop/vault',
      isNetwork: true,
      use: { ...zeroCounts(), puts: 1, gets: 1, stats: 1, bytesPut: 5, bytesGot: 7 },
    },
    { location: '/mnt/vault', isNetwork: false, use: { ...zeroCounts(), gets: 1, bytesGot: 7 } },
  ]);
  await second[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  assert.equal(watched.uses()[0]?.use.gets, 1);
  assert.deepEqual(useFields(watched.uses()), {
    requests: { puts: 1, gets: 2, stats: 1, lists: 0, deletes: 0, bytes_put: 5, bytes_got: 14 },
  });
});

test('people are told of places that a network lies before', () => {
  const lines: string[] = [];
  const stream = {
    write: (text: string) => {
      lines.push(text);
      return Promise.resolve();
    },
    wantsColour: false,
    isTerminal: false,
    columns: () => 80,
    closed: new AbortController().signal,
  };
  const use = { ...zeroCounts(), puts: 1200, lists: 1, bytesPut: 2048 };
  const uses = [
    { location: '/mnt/vault', isNetwork: false, use },
    { location: 's3://shop/vault', isNetwork: true, use },
  ];
  for (const json of [true, false]) {
    tellUses(createOutput({ json, stdout: stream, stderr: stream, monotonicMs: () => 0 }), uses);
  }
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /requests to s3:\/\/shop\/vault \(1.?200 written, 0 read.*2\.00 KiB sent, 0 B received/,
  );
});

test('a command that opened no store says nothing of requests', () => {
  assert.deepEqual(useFields(watchStores(adapters).uses()), {});
});
