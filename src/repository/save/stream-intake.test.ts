import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { seededRandom } from '../../../test/support/seeded-random.ts';
import { makeVault } from '../../../test/support/vault.ts';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';
import type { EntryMetadata } from '../../source/entry-metadata.ts';
import type { CaptureEvent, Content } from '../../source/source.ts';
import type { Repository, SavedSnapshot } from '../repository-types.ts';
import { readingMax } from './stream-intake.ts';

const metadata: EntryMetadata = {
  type: 'file',
  mode: 0o100644,
  mtimeNs: 1n,
  ctimeNs: 1n,
  uid: 0,
  gid: 0,
  user: '',
  group: '',
  size: 0,
};

async function save(vault: Repository, contents: AsyncIterable<Content>): Promise<SavedSnapshot> {
  return await vault.write((writer) =>
    writer.saveSnapshot({
      events: entries(contents),
      time: '2026-01-01T00:00:00Z',
      paths: ['/'],
      hostname: 'h',
      username: 'u',
      uid: 0,
      gid: 0,
    }),
  );
}

async function* entries(contents: AsyncIterable<Content>): AsyncGenerator<readonly CaptureEvent[]> {
  let number = 0;
  for await (const content of contents)
    yield [{ kind: 'entry', name: Buffer.from(`${1_000_000 + number++}`), metadata, content }];
}

test('thousands of small streams, as a socket gives them, come out as they went in', async () => {
  const vault = await makeVault(openMemoryStore(), { workers: 2 });
  const count = 3000;
  const bytesOf = (n: number) => Buffer.alloc(n % 3 === 0 ? 0 : 1000 + n, `${n} `);
  const saved = await save(
    vault,
    (async function* () {
      for (let n = 0; n < count; n++) {
        const consumed = Promise.withResolvers<void>();
        yield {
          kind: 'stream',
          cut: n % 2 === 0 ? ('pages' as const) : undefined,
          async *open() {
            yield bytesOf(n);
            consumed.resolve();
          },
        } as Content;
        await consumed.promise;
      }
    })(),
  );
  const found = await Array.fromAsync(vault.list(saved.snapshot));
  assert.equal(found.length, count);
  for (const [n, { node }] of found.entries()) {
    const bytes = bytesOf(n);
    assert.equal(node.size, bytes.length);
    assert.deepEqual(node.content, bytes.length === 0 ? [] : [hash('sha256', bytes, 'hex')]);
  }
});

test('large streams beside each other keep their bytes, and only so many are read at a time', async () => {
  const vault = await makeVault(openMemoryStore(), { workers: 2 });
  const random = seededRandom(7);
  const files = Array.from({ length: 24 }, (_, n) => random.bytes(n % 4 === 0 ? 3_000_000 : 300_000 + n));
  let open = 0;
  let openMost = 0;
  const saved = await save(
    vault,
    (async function* () {
      for (const [n, bytes] of files.entries()) {
        yield {
          kind: 'stream',
          cut: n % 2 === 0 ? ('pages' as const) : undefined,
          async *open() {
            openMost = Math.max(openMost, ++open);
            for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
            open--;
          },
        } as Content;
      }
    })(),
  );
  assert.ok(openMost > 1 && openMost <= readingMax, `${openMost} streams at a time`);
  for (const [n, { path }] of (await Array.fromAsync(vault.list(saved.snapshot))).entries()) {
    const stored = Buffer.concat(await Array.fromAsync(vault.dump(saved.snapshot, path)));
    assert.ok(files[n]?.equals(stored), `${path} is as it was`);
  }
  assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
});

test('a stream that fails ends the backup at once, although more entries would come', async () => {
  const vault = await makeVault(openMemoryStore(), { workers: 1 });
  let taken = 0;
  const contents = (async function* (): AsyncGenerator<Content> {
    for (; taken < 100_000; taken++) {
      yield {
        kind: 'stream',
        async *open() {
          yield Buffer.from(`${taken}`);
          if (taken === 50) throw new Error('the socket broke');
        },
      };
    }
  })();
  await assert.rejects(save(vault, contents), /the socket broke/);
  assert.ok(taken < 1000, `${taken} entries were taken`);
  assert.deepEqual(await vault.snapshots(), []);
});
