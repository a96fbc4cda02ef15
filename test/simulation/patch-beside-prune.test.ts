/** A writer of patched files yields to a prune while more of them are under way than may be read at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryStore } from '../../src/object-store/memory/memory-store.ts';
import type { Repository, SavedSnapshot, Snapshot } from '../../src/repository/repository-types.ts';
import { pageCutBytes } from '../../src/repository/save/page-cut.ts';
import { readingMax } from '../../src/repository/save/stream-intake.ts';
import type { EntryMetadata } from '../../src/source/entry-metadata.ts';
import type { CaptureEvent, Content } from '../../src/source/source.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { makeVault, openVault, quickLocks, type VaultOptions } from '../support/vault.ts';

const options: VaultOptions = {
  packBytesTarget: 100 * 1024,
  workers: 2,
  lockTiming: { ...quickLocks, yieldPollMs: 10 },
};
const files = readingMax + 6;
const sizeBytes = pageCutBytes + 8192;
const changed = { at: 8192, length: 8192 };

async function save(
  vault: Repository,
  contents: readonly Content[],
  base?: Snapshot,
): Promise<SavedSnapshot> {
  const metadata: EntryMetadata = {
    ...{
      type: 'file',
      mode: 0o100600,
      mtimeNs: 1n,
      ctimeNs: 1n,
      uid: 0,
      gid: 0,
      user: '',
      group: '',
      size: 0,
    },
  };
  const events = (async function* (): AsyncGenerator<readonly CaptureEvent[]> {
    for (const [n, content] of contents.entries())
      yield [{ kind: 'entry', name: Buffer.from(`${1000 + n}`), metadata, content }];
  })();
  return await vault.write((writer) =>
    writer.saveSnapshot({
      ...{
        events,
        time: new Date().toISOString(),
        paths: ['/'],
        hostname: 'h',
        username: 'u',
        uid: 0,
        gid: 0,
      },
      ...(base === undefined ? {} : { base }),
    }),
  );
}

function streamsOf(seed: number): {
  readonly bytes: readonly Buffer[];
  readonly contents: readonly Content[];
} {
  const random = seededRandom(seed);
  const bytes = Array.from({ length: files }, () => random.bytes(sizeBytes));
  const contents = bytes.map(
    (one): Content => ({
      kind: 'stream',
      cut: 'pages',
      async *open() {
        yield one;
      },
    }),
  );
  return { bytes, contents };
}

test('a prune does not wait for files that wait for the prune', async () => {
  const store = openMemoryStore();
  const vault = await makeVault(store, options);
  const garbage = await save(vault, streamsOf(1).contents);
  const { bytes, contents } = streamsOf(2);
  const base = (await save(vault, contents)).snapshot;
  await vault.forget([garbage.snapshot.id]);
  const marked = await vault.prune({ graceMs: 60_000 });
  assert.ok(marked.pending.packs > 0);

  await using writer = await openVault(store, options);
  const page = seededRandom(3).bytes(changed.length);
  const going = Promise.withResolvers<void>();
  const allRead = Promise.withResolvers<void>();
  let opened = 0;
  const patches = bytes.map(
    (): Content => ({
      kind: 'patch',
      size: sizeBytes,
      ranges: [changed],
      async *open() {
        if (++opened === readingMax) allRead.resolve();
        await going.promise;
        yield page;
      },
    }),
  );
  const saving = save(writer, patches, base);
  await allRead.promise;
  const swept = await vault.prune({ graceMs: 0, waitMs: 20_000 });
  assert.ok(swept.reclaimed.bytes > 1_000_000, `${swept.reclaimed.bytes} bytes were reclaimed`);
  going.resolve();
  const { snapshot } = await saving;
  assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
  const last = await Array.fromAsync(vault.dump(snapshot, `/${1000 + files - 1}`));
  const expected = Buffer.from(bytes.at(-1) ?? '');
  page.copy(expected, changed.at);
  assert.ok(Buffer.concat(last).equals(expected));
});
