import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasCode } from '../../error/lifeboat-error.ts';
import { decodeSnapshot, encodeSnapshot, type SnapshotFields } from './snapshot-codec.ts';

const id = 'f'.repeat(64);
const tree = 'a'.repeat(64);

/** Written by stock restic 0.14, apart from the ids. */
const byRestic =
  `{"time":"2026-11-21T01:46:23.60458542+01:00","parent":"${id}","tree":"${tree}","paths":["/srv/sub"],` +
  '"hostname":"h\\u003c\\u003eé","username":"root","uid":1000,"gid":100,"excludes":["*.x"],' +
  '"tags":["a\\u003cb","c\\u0026d"]}';

describe('snapshot codec', () => {
  test('what restic wrote is read and comes back byte for byte', () => {
    const snapshot = decodeSnapshot(id, Buffer.from(byRestic));
    assert.equal(snapshot.hostname, 'h<>é');
    assert.deepEqual(snapshot.tags, ['a<b', 'c&d']);
    assert.equal(snapshot.timeMs, Date.UTC(2026, 10, 21, 0, 46, 23, 604));
    assert.equal(encodeSnapshot(snapshot).toString(), byRestic);
  });

  test('everything that is empty is left out, as restic does', () => {
    const bare: SnapshotFields = {
      time: '2026-11-21T00:00:00Z',
      tree,
      paths: ['/a'],
      hostname: '',
      uid: 0,
      gid: 0,
      tags: [],
    };
    assert.equal(
      encodeSnapshot(bare).toString(),
      `{"time":"2026-11-21T00:00:00Z","tree":"${tree}","paths":["/a"]}`,
    );
  });

  test('a summary keeps its zeros and comes back', () => {
    const summary = {
      backupStart: '2026-11-21T00:00:00Z',
      backupEnd: '2026-11-21T00:00:01Z',
      filesNew: 1,
      filesChanged: 0,
      filesUnmodified: 3,
      dirsNew: 4,
      dirsChanged: 5,
      dirsUnmodified: 6,
      dataBlobs: 7,
      treeBlobs: 8,
      dataAdded: 9,
      dataAddedPacked: 10,
      totalFilesProcessed: 11,
      totalBytesProcessed: 12,
    };
    const fields = {
      time: '2026-11-21T00:00:00Z',
      tree,
      paths: ['/a'],
      original: id,
      programVersion: 'x 1',
      summary,
    };
    const stored = encodeSnapshot(fields);
    assert.match(
      stored.toString(),
      /"original":"f+","program_version":"x 1","summary":\{"backup_start":.*"files_changed":0,/,
    );
    assert.deepEqual(decodeSnapshot(id, stored), { ...fields, id, timeMs: Date.UTC(2026, 10, 21) });
  });

  test('keys of other programs are ignored', () => {
    const stored = `{"time":"2026-11-21T00:00:00Z","tree":"${tree}","paths":null,"label":"x","delete":{"After":1}}`;
    const timeMs = Date.UTC(2026, 10, 21);
    assert.deepEqual(decodeSnapshot(id, Buffer.from(stored)), {
      id,
      time: '2026-11-21T00:00:00Z',
      timeMs,
      tree,
      paths: [],
    });
  });

  for (const [damage, stored] of [
    ['not JSON', '{'],
    ['no object', '[]'],
    ['no time', `{"tree":"${tree}","paths":[]}`],
    ['no tree', '{"time":"2026-11-21T00:00:00Z","paths":[]}'],
    ['a tree that is no id', '{"time":"2026-11-21T00:00:00Z","tree":"../config"}'],
    ['tags that are no list of texts', `{"time":"2026-11-21T00:00:00Z","tree":"${tree}","tags":[1]}`],
  ] as const) {
    test(`${damage} is damage that names the snapshot`, () => {
      assert.throws(
        () => decodeSnapshot(id, Buffer.from(stored)),
        (error) => hasCode(error, 'OBJECT_DAMAGED') && error.message.startsWith(`snapshot ${id} is damaged`),
      );
    });
  }
});
