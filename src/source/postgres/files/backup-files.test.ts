import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runQuietly } from '../../../../scripts/test/run-command.ts';
import { type PostgresServer, startPostgres } from '../../../../test/support/postgres-server.ts';
import { hasCode } from '../../../error/lifeboat-error.ts';
import { parseBackupLabel, withoutIncrementalLines } from './backup-label.ts';
import { encodeBackupManifest, parseBackupManifest } from './backup-manifest.ts';
import { readIncrementalHead, readIncrementalPatch } from './incremental-file.ts';
import { encodeTablespaceMap, parseTablespaceMap } from './tablespace-map.ts';

describe('files of a base backup', () => {
  let server: PostgresServer;
  let backup: string;
  before(async () => {
    server = await startPostgres({ version: 15 });
    backup = path.join(server.folder, 'backup');
    fs.mkdirSync(path.join(server.folder, 'ts a'));
    if (server.runsAs !== undefined) {
      fs.chownSync(path.join(server.folder, 'ts a'), server.runsAs.uid, server.runsAs.gid);
      fs.chownSync(server.folder, server.runsAs.uid, server.runsAs.gid);
    }
    await server.query(`create tablespace other location '${path.join(server.folder, 'ts a')}'`);
    await server.query('create table t (id int) tablespace other');
    const made = await server.run(
      'pg_basebackup',
      ...['-D', backup, '-Ft', '-c', 'fast', '-l', 'nightly', '--manifest-checksums', 'SHA256', '-X', 'none'],
    );
    assert.equal(made.exitCode, 0, made.stderr);
    runQuietly('tar', ['-C', backup, '-xf', path.join(backup, 'base.tar')]);
  });
  after(async () => await server[Symbol.asyncDispose]());

  test('the manifest lists what is there, and is written again as it was', () => {
    const bytes = fs.readFileSync(path.join(backup, 'backup_manifest'));
    const manifest = parseBackupManifest(bytes);
    assert.equal(manifest.version, 1);
    assert.deepEqual(encodeBackupManifest(manifest), bytes);
    const label = manifest.files.find((file) => file.path.toString() === 'backup_label');
    const content = fs.readFileSync(path.join(backup, 'backup_label'));
    assert.equal(label?.size, content.length);
    assert.deepEqual(label?.checksum, {
      algorithm: 'SHA256',
      hex: createHash('sha256').update(content).digest('hex'),
    });
    const [range] = manifest.walRanges;
    assert.equal(range?.start, parseBackupLabel(content.toString()).start);
  });

  test('a manifest with any byte changed, or cut, is refused', () => {
    const bytes = fs.readFileSync(path.join(backup, 'backup_manifest'));
    for (const at of [3, 200, bytes.length >> 1, bytes.length - 20]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      assert.throws(
        () => parseBackupManifest(damaged),
        (error) => hasCode(error, 'SOURCE_DAMAGED'),
      );
    }
    for (const length of [0, 10, bytes.length - 5, bytes.length >> 1])
      assert.throws(
        () => parseBackupManifest(bytes.subarray(0, length)),
        (error) => hasCode(error, 'SOURCE_DAMAGED'),
      );
  });

  test('the label says where to begin', () => {
    const text = fs.readFileSync(path.join(backup, 'backup_label'), 'utf8');
    const label = parseBackupLabel(text);
    assert.equal(label.label, 'nightly');
    assert.deepEqual([label.timeline, label.from, label.incrementalFrom], [1, 'primary', undefined]);
    assert.ok(label.start > 0n && label.checkpoint >= label.start);
    assert.equal(
      withoutIncrementalLines(`${text}INCREMENTAL FROM LSN: 0/2000028\nINCREMENTAL FROM TLI: 1\n`),
      text,
    );
    assert.throws(
      () => parseBackupLabel('nothing'),
      (error) => hasCode(error, 'SOURCE_DAMAGED'),
    );
  });

  test('the map of tablespaces', () => {
    const text = fs.readFileSync(path.join(backup, 'tablespace_map'), 'utf8');
    const [tablespace] = parseTablespaceMap(text);
    assert.equal(tablespace?.folder, path.join(server.folder, 'ts a'));
    assert.equal(encodeTablespaceMap(parseTablespaceMap(text)), text);
    const odd = [{ oid: '16384', folder: '/a\nb\\c d' }];
    assert.deepEqual(parseTablespaceMap(encodeTablespaceMap(odd)), odd);
  });
});

test('version 2 keeps all digits of the system identifier, and names that are no text', () => {
  const manifest = {
    version: 2 as const,
    systemId: '7449123456789012345',
    files: [
      { path: Buffer.from([0x61, 0xff]), size: 3, lastModified: '2026-11-22 04:51:09 GMT' },
      {
        path: Buffer.from('base/1/"2"'),
        size: 0,
        lastModified: '',
        checksum: { algorithm: 'SHA256', hex: 'aa' },
      },
    ],
    walRanges: [{ timeline: 2, start: 0x2000028n, end: 0x1_0000_0000n }],
  };
  assert.deepEqual(parseBackupManifest(encodeBackupManifest(manifest)), manifest);
});

test('an incremental file says which blocks it replaces', () => {
  const file = (blocks: readonly number[], truncation: number): Buffer => {
    const words = Uint32Array.from([0xd3ae1f0d, blocks.length, truncation, ...blocks]);
    return Buffer.concat([Buffer.from(words.buffer), Buffer.alloc(blocks.length === 0 ? 0 : 8192)]);
  };
  assert.deepEqual(readIncrementalHead(file([], 9), 8192), { blocks: 0, headerBytes: 12 });
  assert.deepEqual(readIncrementalPatch(file([], 9), 8192), { size: 9 * 8192, ranges: [] });
  assert.equal(readIncrementalHead(file([1, 2, 7], 4), 8192).headerBytes, 8192);
  assert.deepEqual(readIncrementalPatch(file([1, 2, 7], 4), 8192), {
    size: 8 * 8192,
    ranges: [
      { at: 8192, length: 16384 },
      { at: 57344, length: 8192 },
    ],
  });
  for (const wrong of [file([2, 1], 4), file([3, 3], 4), Buffer.alloc(12), Buffer.alloc(5)])
    assert.throws(
      () => readIncrementalPatch(wrong, 8192),
      (error) => hasCode(error, 'SOURCE_DAMAGED'),
    );
});
