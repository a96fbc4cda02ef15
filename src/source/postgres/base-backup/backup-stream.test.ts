import assert from 'node:assert/strict';
import test from 'node:test';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import type { ResultPart, Row } from '../wire/results.ts';
import { backupCommand } from './backup-command.ts';
import { beginBackup } from './backup-stream.ts';

const command = { label: "it's", checkpoint: 'fast', isIncremental: false, wantsSize: true } as const;

const rows = (...rows: readonly Row[]): ResultPart => ({
  kind: 'rows',
  columns: [],
  rows,
  bytes: [],
  tag: '',
});

/** All pieces in the same memory, one after the other. */
function copy(...pieces: readonly string[]): ResultPart {
  const left = pieces.map((piece) => Buffer.from(piece));
  const memory = Buffer.alloc(Math.max(0, ...left.map(({ length }) => length)));
  const next = (): Buffer | undefined => {
    memory.fill('?');
    const piece = left.shift();
    return piece && memory.subarray(0, piece.copy(memory));
  };
  return { kind: 'copy-out', copy: { poll: () => undefined, receive: async () => next() } };
}

/** A server that answers with these parts, and then fails when told to. */
function answering(major: number, parts: readonly ResultPart[], failure?: Error): PostgresConnection {
  return {
    address: { host: '', port: 1, database: '', user: '', tls: false, timeoutMs: 1 },
    version: { major, text: `${major}.1` },
    isEncrypted: false,
    parameters: new Map(),
    async *results() {
      yield* parts;
      if (failure !== undefined) throw failure;
    },
    query: () => Promise.reject(new Error('not asked')),
    heardAtMs: () => 0,
    isOpen: () => true,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const start = rows(['0/3000028', '1']);
const tablespaces = rows(['16384', '/far away', '100'], [null, null, '50']);
const end = rows(['0/3000100', '1']);

async function read(connection: PostgresConnection) {
  const backup = await beginBackup(connection, command);
  const parts: string[] = [];
  for await (const part of backup.parts) {
    let text = '';
    for await (const piece of part.data) text += piece.toString();
    parts.push(`${part.kind} ${part.kind === 'archive' ? (part.oid ?? 'data') : ''} ${text}`);
  }
  return { backup, parts, finished: await backup.finish() };
}

const expected = ['archive 16384 tar of it', 'archive data tar of data', 'manifest  the manifest'];

test('until version 14 each archive and the manifest are a stream of their own', async () => {
  for (const major of [13, 14]) {
    const copies = [copy('tar ', 'of it'), copy('tar of data'), copy('the manifest')];
    const { backup, parts, finished } = await read(answering(major, [start, tablespaces, ...copies, end]));
    assert.deepEqual(parts, expected);
    assert.deepEqual(backup.tablespaces, [{ oid: '16384', location: '/far away' }]);
    assert.equal(backup.bytes, 150 * 1024);
    assert.deepEqual(finished, { end: { lsn: 0x3000100n, timeline: 1 } });
  }
});

test('from version 15 on one stream holds all of them', async () => {
  const stream = copy(
    ...['n16384.tar\0/far away\0', 'dtar ', 'p12345678', 'dof it', 'nbase.tar\0\0', 'dtar of data', 'm'],
    ...['dthe ', 'dmanifest'],
  );
  const { parts } = await read(answering(15, [start, tablespaces, stream, end]));
  assert.deepEqual(parts, expected);
});

test('pieces are joined up to a bound, and a larger one comes alone', async () => {
  const pieces = ['a'.repeat(200_000), 'b'.repeat(100_000), 'c'.repeat(300_000), 'd'];
  const stream = copy('nbase.tar\0\0', ...pieces.map((piece) => `d${piece}`));
  const backup = await beginBackup(answering(15, [start, tablespaces, stream, end]), command);
  const lengths: number[] = [];
  let text = '';
  for await (const part of backup.parts) {
    for await (const piece of part.data) {
      lengths.push(piece.length);
      text += piece.toString();
    }
  }
  assert.equal(text, pieces.join(''));
  assert.deepEqual(lengths, [200_000, 100_000, 300_000, 1]);
});

test('what the server raises after the end is told with the end; what breaks off is raised', async () => {
  const stream = () => copy('nbase.tar\0\0', 'dtar', 'm', 'dmanifest');
  const damaged = new LifeboatError('SOURCE_DAMAGED', 'pages', { details: { severity: 'ERROR' } });
  const { finished } = await read(answering(16, [start, tablespaces, stream(), end], damaged));
  assert.equal(finished.failure, damaged);
  assert.equal(finished.end.lsn, 0x3000100n);
  const lost = new LifeboatError('SOURCE_UNREACHABLE', 'lost');
  await assert.rejects(read(answering(16, [start, tablespaces, stream(), end], lost)), lost);
  await assert.rejects(read(answering(16, [start, tablespaces, stream()], lost)), lost);
  await assert.rejects(read(answering(16, [start, tablespaces, copy('xwhat')])), { code: 'SOURCE_INVALID' });
});

test('the command has the words of its version, and rates in the bounds of the server', () => {
  assert.equal(
    backupCommand({ ...command, maxRate: 1 }, 14),
    "BASE_BACKUP LABEL 'it''s' PROGRESS FAST WAL NOWAIT MAX_RATE 32 TABLESPACE_MAP MANIFEST 'yes' MANIFEST_CHECKSUMS 'SHA256'",
  );
  const newer = backupCommand({ ...command, checkpoint: 'spread', isIncremental: true, maxRate: 1e12 }, 17);
  assert.match(
    newer,
    /^BASE_BACKUP \(LABEL 'it''s', CHECKPOINT 'spread', WAL true, WAIT false, .*MAX_RATE 1048576, INCREMENTAL\)$/,
  );
});
