import assert from 'node:assert/strict';
import fs from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { scanWal } from './wal-frames.ts';
import { parseWalIndex, type WalIndex, walIndexHeadBytes } from './wal-index.ts';

test('the index and the log that SQLite wrote are understood', () => {
  const { head, log, pageCount } = makeLog();
  const index = parseWalIndex(head);
  assert.ok(index !== undefined);
  assert.equal(index.pageSizeBytes, 4096);
  assert.equal(index.pageCount, pageCount);
  assert.equal(index.lastFrame, (log.length - 32) / (24 + 4096));
  const scan = scanWal(readFrom(log), index);
  assert.equal(scan.kind, 'pages');
  for (const [page, offset] of scan.offsets) assert.equal(log.readUInt32BE(offset - 24), page);
});

test('a header that is being written, in any byte, does not count', () => {
  const { head } = makeLog();
  fc.assert(
    fc.property(fc.nat(95), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const torn = Buffer.from(head);
      torn[at] = (torn[at] ?? 0) ^ flip;
      assert.equal(parseWalIndex(torn), undefined);
      // The same change in both copies is caught by the checksum.
      const other = (at + 48) % 96;
      torn[other] = (torn[other] ?? 0) ^ flip;
      assert.equal(parseWalIndex(torn), undefined);
    }),
  );
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      (bytes) => parseWalIndex(Buffer.from(bytes)) === undefined,
    ),
  );
});

test('a log that is not the one of the index is a mismatch', () => {
  const { head, log } = makeLog();
  const index = parseWalIndex(head);
  assert.ok(index !== undefined);
  const lastFrameAt = log.length - 24 - 4096;
  const damages: Readonly<Record<string, number>> = {
    'the log has another format': 0,
    'the log has another page size': 10,
    'the log was started anew': 16,
    'a frame is from another log': lastFrameAt + 8,
    'the last frame is another one': lastFrameAt + 20,
  };
  for (const [reason, at] of Object.entries(damages)) {
    const damaged = Buffer.from(log);
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    assert.deepEqual(scanWal(readFrom(damaged), index), { kind: 'mismatch', reason });
  }
  for (const [reason, size] of [
    ['the log has no header', 10],
    ['the log ends before its last frame', log.length - 1],
  ] as const) {
    assert.deepEqual(scanWal(readFrom(log.subarray(0, size)), index), { kind: 'mismatch', reason });
  }
});

interface MadeLog {
  readonly head: Buffer;
  readonly log: Buffer;
  readonly pageCount: WalIndex['pageCount'];
}

function makeLog(): MadeLog {
  using folder = temporaryFolder();
  const path = `${folder.path}/app.db`;
  using database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode=WAL; CREATE TABLE t (x)');
  for (let row = 0; row < 20; row += 1) database.exec('INSERT INTO t VALUES (randomblob(3000))');
  return {
    head: fs.readFileSync(`${path}-shm`).subarray(0, walIndexHeadBytes),
    log: fs.readFileSync(`${path}-wal`),
    pageCount: Number(database.prepare('PRAGMA page_count').get()?.['page_count']),
  };
}

function readFrom(log: Buffer): (buffer: Buffer, offset: number) => number {
  return (buffer, offset) => log.copy(buffer, 0, offset);
}
