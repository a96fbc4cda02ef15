/** The oracle is SQLite's own `serialize()`, which reads every page through the same transaction. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { pinSnapshot, readPages } from './page-snapshot.ts';

type Act =
  | { readonly kind: 'insert'; readonly rows: number; readonly bytes: number }
  | { readonly kind: 'delete'; readonly every: number }
  | { readonly kind: 'checkpoint'; readonly mode: 'PASSIVE' | 'FULL' | 'RESTART' | 'TRUNCATE' }
  | { readonly kind: 'reader' }
  | { readonly kind: 'vacuum' };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    kind: fc.constant('insert' as const),
    rows: fc.integer({ min: 1, max: 40 }),
    bytes: fc.integer({ min: 0, max: 3000 }),
  }),
  fc.record({ kind: fc.constant('delete' as const), every: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    kind: fc.constant('checkpoint' as const),
    mode: fc.constantFrom('PASSIVE' as const, 'FULL' as const, 'RESTART' as const, 'TRUNCATE' as const),
  }),
  fc.record({ kind: fc.constant('reader' as const) }),
  fc.record({ kind: fc.constant('vacuum' as const) }),
);

test('the pages of a WAL snapshot are what its transaction sees, whatever happened before and happens after', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(512, 4096, 65_536),
      fc.array(act, { maxLength: 12 }),
      fc.array(act, { maxLength: 6 }),
      comparePages,
    ),
    { numRuns: 40 },
  );
});

function comparePages(pageSize: number, before: readonly Act[], after: readonly Act[]): void {
  using folder = temporaryFolder();
  using cleanup = new DisposableStack();
  const path = `${folder.path}/app.db`;
  const writer = cleanup.adopt(new DatabaseSync(path), (database) => database.close());
  writer.exec(`PRAGMA page_size=${pageSize}; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;
    PRAGMA wal_autocheckpoint=0; CREATE TABLE t (id INTEGER PRIMARY KEY, x BLOB); CREATE INDEX i ON t (x)`);
  for (const each of before) perform(writer, each, path, cleanup);
  const reader = cleanup.adopt(new DatabaseSync(path, { readOnly: true }), (database) => database.close());
  reader.prepare('SELECT 1 FROM sqlite_schema').get();
  const mainDescriptor = fs.openSync(path, 'r');
  const indexDescriptor = fs.openSync(`${path}-shm`, 'r');
  cleanup.defer(() => {
    fs.closeSync(mainDescriptor);
    fs.closeSync(indexDescriptor);
  });
  const request = { journal: 'wal', mainDescriptor, indexDescriptor, logPath: `${path}-wal` } as const;
  const { reply, snapshot } = pinSnapshot(reader, request);
  assert.equal(reply.kind, 'pinned');
  assert.ok(snapshot !== undefined);
  for (const each of after) perform(writer, each, path, cleanup);
  const pages = readPages(snapshot, { first: 1, count: snapshot.pageCount });
  if (snapshot.logDescriptor !== undefined) fs.closeSync(snapshot.logDescriptor);
  assert.ok(pages.equals(reader.serialize()), 'the pages are those of the transaction');
}

/** A reader that stays in its transaction keeps checkpoints from finishing and the log from starting anew. */
function perform(writer: DatabaseSync, given: Act, path: string, cleanup: DisposableStack): void {
  switch (given.kind) {
    case 'insert':
      for (let row = 0; row < given.rows; row += 1) {
        writer.prepare('INSERT INTO t (x) VALUES (randomblob(?))').run(given.bytes);
      }
      return;
    case 'delete':
      writer.prepare('DELETE FROM t WHERE id % ? = 0').run(given.every);
      return;
    case 'checkpoint':
      writer.prepare(`PRAGMA wal_checkpoint(${given.mode})`).get();
      return;
    case 'reader': {
      const reader = cleanup.adopt(new DatabaseSync(path, { readOnly: true }), (open) => open.close());
      reader.exec('BEGIN');
      reader.prepare('SELECT count(*) FROM t').get();
      return;
    }
    case 'vacuum':
      writer.exec('VACUUM');
  }
}
