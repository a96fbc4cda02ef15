import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeVault, openVault } from '../../../test/support/vault.ts';
import { openMemoryStore } from '../../object-store/memory/memory-store.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import type { EntryMetadata } from '../../source/entry-metadata.ts';
import type { CaptureEvent, Content, ContentRange } from '../../source/source.ts';
import type {
  Repository,
  RepositoryWriter,
  SavedSnapshot,
  SaveRequest,
  Snapshot,
} from '../repository-types.ts';
import { pageCutBytes } from './page-cut.ts';

const pageBytes = 8192;
const sizeMax = 5 * pageCutBytes;

function metadata(type: EntryMetadata['type']): EntryMetadata {
  const mode = type === 'dir' ? 0o40755 : 0o100644;
  return { type, mode, mtimeNs: 1n, ctimeNs: 1n, uid: 0, gid: 0, user: '', group: '', size: 0 };
}

/** Saves `/base/table` with this content. */
async function save(vault: Repository, content: Content, base?: Snapshot): Promise<SavedSnapshot> {
  return await vault.write((writer) => saveWith(writer, content, base));
}

async function saveWith(writer: RepositoryWriter, content: Content, base?: Snapshot): Promise<SavedSnapshot> {
  const batches: CaptureEvent[][] = [
    [{ kind: 'enter', name: Buffer.from('base'), metadata: metadata('dir') }],
    [{ kind: 'entry', name: Buffer.from('table'), metadata: metadata('file'), content }],
    [{ kind: 'leave' }],
  ];
  return await writer.saveSnapshot({ ...requestOf(batches), ...(base === undefined ? {} : { base }) });
}

function requestOf(batches: readonly (readonly CaptureEvent[])[]): SaveRequest {
  const events = (async function* () {
    yield* batches;
  })();
  const time = '2026-01-01T00:00:00Z';
  return { events, time, paths: ['/base'], hostname: 'h', username: 'u', uid: 0, gid: 0 };
}

/** Pages that differ from each other and from those of another seed. */
function pages(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size, seed);
  for (let at = 0; at + 8 <= size; at += pageBytes) bytes.writeUInt32LE(at / pageBytes, at);
  return bytes;
}

function stream(bytes: Buffer, cut: 'pages' | undefined, step = 100_000): Content {
  return { kind: 'stream', open: () => inSteps(bytes, step), ...(cut === undefined ? {} : { cut }) };
}

async function* inSteps(bytes: Buffer, step: number): AsyncGenerator<Uint8Array> {
  // one buffer for all, as a socket's reader would have it
  const shared = Buffer.alloc(step);
  for (let at = 0; at < bytes.length; at += step) {
    const length = bytes.copy(shared, 0, at, at + step);
    yield shared.subarray(0, length);
  }
}

function patchTo(size: number, ranges: readonly ContentRange[], seed: number, step = 50_000): Content {
  const replaced = Buffer.concat(ranges.map(({ at, length }) => pages(length, seed + (at % 7))));
  return { kind: 'patch', size, ranges, open: () => inSteps(replaced, step) };
}

function patched(older: Buffer, patch: Content): Buffer {
  assert.ok(patch.kind === 'patch');
  const bytes = Buffer.alloc(patch.size);
  older.copy(bytes);
  for (const { at, length } of patch.ranges) pages(length, 100 + (at % 7)).copy(bytes, at);
  return bytes;
}

/** Starts and lengths in pages, made into ranges that are apart from each other and within `size`. */
function rangesWithin(size: number, drawn: readonly (readonly [number, number])[]): ContentRange[] {
  const ranges: ContentRange[] = [];
  let end = 0;
  for (const [skip, length] of drawn) {
    const at = end + skip * pageBytes;
    const bytes = Math.min(length * pageBytes, size - at);
    if (bytes <= 0) break;
    ranges.push({ at, length: bytes });
    end = at + bytes;
  }
  return ranges;
}

function idsOf(bytes: Buffer): string[] {
  const ids: string[] = [];
  for (let at = 0; at < bytes.length; at += pageCutBytes)
    ids.push(hash('sha256', bytes.subarray(at, at + pageCutBytes), 'hex'));
  return ids;
}

test('a patched file has the very blobs that a full stream of the same bytes has', async () => {
  const vault = await makeVault(openMemoryStore(), { workers: 2 });
  const size = fc.oneof(
    fc.integer({ min: 0, max: sizeMax }),
    fc.constantFrom(0, 1, pageCutBytes - 1, pageCutBytes, pageCutBytes + 1, 2 * pageCutBytes, sizeMax),
  );
  const input = fc.record({
    before: size,
    after: size,
    cut: fc.constantFrom('pages' as const, undefined),
    step: fc.integer({ min: 5000, max: 2 * pageCutBytes }),
    drawn: fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 70 })), {
      maxLength: 8,
    }),
  });
  const made: { readonly snapshot: Snapshot; readonly ids: readonly string[] }[] = [];
  await vault.write(async (writer) => {
    const property = fc.asyncProperty(input, async ({ before, after, cut, step, drawn }) => {
      const older = pages(before, 1);
      const base = (await saveWith(writer, stream(older, cut, step))).snapshot;
      const patch = patchTo(after, rangesWithin(after, drawn), 100, step);
      const { snapshot } = await saveWith(writer, patch, base);
      const newer = patched(older, patch);
      const full = await saveWith(writer, stream(newer, 'pages'));
      assert.equal(full.snapshot.tree, snapshot.tree);
      made.push({ snapshot, ids: idsOf(newer) });
    });
    await fc.assert(property, { numRuns: 80 });
  });
  for (const { snapshot, ids } of made) {
    const [entry] = await Array.fromAsync(vault.list(snapshot, { path: '/base/table' }));
    assert.deepEqual(entry?.node.content, ids);
  }
  assert.deepEqual((await vault.check({ readData: 'all' })).errors, []);
});

test('what did not change is not read, and what is replaced as a whole is not either', async () => {
  const inner = openMemoryStore();
  const vault = await makeVault(inner, { workers: 1 });
  const older = pages(sizeMax, 1);
  const base = (await save(vault, stream(older, 'pages'))).snapshot;
  const reads: string[] = [];
  const again = await openVault(countingGets(inner, reads), { workers: 1 });
  const count = async (ranges: readonly ContentRange[], size = sizeMax): Promise<number> => {
    reads.length = 0;
    await save(again, patchTo(size, ranges, 100), base);
    return reads.length;
  };
  assert.equal(await count([]), 0);
  assert.equal(await count([{ at: pageCutBytes, length: 2 * pageCutBytes }]), 0);
  assert.equal(await count([{ at: 0, length: pageBytes }]), 1);
  assert.equal(await count([{ at: pageCutBytes - pageBytes, length: 2 * pageBytes }]), 2);
  assert.equal(await count([], sizeMax + 5 * pageCutBytes), 0, 'growth behind a cut');
  assert.equal(await count([], sizeMax - pageBytes), 1, 'truncation within a piece');
  assert.equal(await count([], sizeMax - pageCutBytes), 0, 'truncation at a cut');
});

/** Notes every read of a part of a pack of data: trees are read in whole packs. */
function countingGets(inner: ObjectStore, reads: string[]): ObjectStore {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'get') return typeof value === 'function' ? value.bind(target) : value;
      return async (key: string, range?: Parameters<ObjectStore['get']>[1], signal?: AbortSignal) => {
        if (key.startsWith('data/') && range !== undefined) reads.push(key);
        return await target.get(key, range, signal);
      };
    },
  });
}

test('a page that changed changes one piece; bytes that moved would change all', async () => {
  const vault = await makeVault(openMemoryStore(), { workers: 2 });
  const older = pages(sizeMax, 1);
  await save(vault, stream(older, 'pages'));
  older.write('changed', 3 * pageCutBytes + pageBytes);
  const second = await save(vault, stream(older, 'pages'));
  assert.equal(second.summary.dataBlobs, 1);
  assert.equal(second.summary.dataAdded - pageCutBytes < 5000, true, 'one piece, and trees');
});

test('a base that is damaged, or lacks the file, leaves no snapshot and says what is wrong', async () => {
  const store = openMemoryStore();
  const vault = await makeVault(store, { workers: 1 });
  const base = (await save(vault, stream(pages(sizeMax, 1), 'pages'))).snapshot;
  const [dataPack] = (await Array.fromAsync(store.list('data/'))).toSorted((a, b) => b.size - a.size);
  assert.ok(dataPack);
  const bytes = Buffer.from(await store.get(dataPack.key));
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await store.put(dataPack.key, bytes);
  const again = await openVault(store, { workers: 1 });
  await assert.rejects(
    save(again, patchTo(sizeMax, [{ at: pageBytes, length: pageBytes }], 100), base),
    (error: { code?: string; details?: Record<string, unknown> }) =>
      error.code === 'OBJECT_DAMAGED' && error.details?.['object'] === dataPack.key,
  );
  const empty = (await again.write((writer) => writer.saveSnapshot(requestOf([])))).snapshot;
  const patch = patchTo(sizeMax, [], 100);
  await assert.rejects(save(again, patch, empty), { code: 'PATH_NOT_FOUND' });
  await assert.rejects(save(again, patch), { code: 'PATH_NOT_FOUND' });
  assert.deepEqual((await again.snapshots()).map(({ id }) => id).toSorted(), [base.id, empty.id].toSorted());
});

test('a source that sends other bytes than it announced fails the capture', async () => {
  const vault = await makeVault(openMemoryStore(), { workers: 1 });
  const base = (await save(vault, stream(pages(sizeMax, 1), 'pages'))).snapshot;
  const ranges = [{ at: 0, length: pageBytes }];
  for (const length of [pageBytes - 1, pageBytes + 1]) {
    const open = () => inSteps(pages(length, 9), 1000);
    await assert.rejects(save(vault, { kind: 'patch', size: sizeMax, ranges, open }, base), {
      code: 'SOURCE_DAMAGED',
    });
  }
  assert.equal((await vault.snapshots()).length, 1);
});
