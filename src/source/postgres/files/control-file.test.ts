import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  type PostgresServer,
  postgresVersions,
  startPostgres,
} from '../../../../test/support/postgres-server.ts';
import { hasCode } from '../../../error/lifeboat-error.ts';
import { formatLsn } from '../wal/lsn.ts';
import { parseControlFile } from './control-file.ts';
import { checkPages } from './page-checksum.ts';
import { relationFileOf } from './relation-file.ts';

const formats = { 13: 1300, 14: 1300, 15: 1300, 16: 1300, 17: 1700, 18: 1800 } as const;
const settings = {
  max_connections: 37,
  max_prepared_transactions: 3,
  max_wal_senders: 7,
  wal_level: 'logical',
};

for (const version of postgresVersions) {
  describe(`files of PostgreSQL ${version}`, () => {
    let server: PostgresServer;
    let bytes: Buffer;
    before(async () => {
      server = await startPostgres({ version, settings, walSegmentMb: 4 });
      await server.query("create table t as select n, repeat('x', 500) from generate_series(1, 3000) n");
      await server.query('vacuum t; checkpoint');
      await server.stop();
      bytes = fs.readFileSync(path.join(server.data, 'global/pg_control'));
    });
    after(async () => await server[Symbol.asyncDispose]());
    const scene = (): Scene => ({ server, bytes });
    testControlFile(scene);
    testPages(scene);
    if (version === 15) testAgainstPrograms(scene);
  });
}

interface Scene {
  readonly server: PostgresServer;
  readonly bytes: Buffer;
}

function testControlFile(scene: () => Scene): void {
  test('pg_control is read', async () => {
    const { server, bytes } = scene();
    const control = parseControlFile(bytes);
    assert.equal(control.formatVersion, formats[server.version]);
    assert.equal(control.state, 'shut down');
    assert.equal(control.checkpoint.timeline, 1);
    assert.equal(control.checksumVersion, 1);
    assert.equal(control.segmentBytes, 4 * 1024 * 1024);
    assert.equal(control.walLevel, 'logical');
    assert.deepEqual(
      [control.blockBytes, control.walBlockBytes, control.relationSegmentBlocks],
      [8192, 8192, 131072],
    );
    const { max_connections, max_prepared_transactions, max_wal_senders } = control.parameters;
    assert.deepEqual([max_connections, max_prepared_transactions, max_wal_senders], [37, 3, 7]);
    await server.start();
    assert.equal(control.systemId, await server.value('select system_identifier from pg_control_system()'));
    await server.stop();
  });

  test('a changed byte of pg_control is noticed, and a cut one', () => {
    const { bytes } = scene();
    for (const at of [0, 17, 100, 180, 255]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 4;
      assert.throws(
        () => parseControlFile(damaged),
        (error) => hasCode(error, 'SOURCE_DAMAGED'),
      );
    }
    assert.throws(
      () => parseControlFile(bytes.subarray(0, 100)),
      (error) => hasCode(error, 'SOURCE_DAMAGED'),
    );
    const other = Buffer.from(bytes);
    other.writeUInt32LE(942, 8);
    assert.throws(
      () => parseControlFile(other),
      (error) => hasCode(error, 'SOURCE_UNSUPPORTED'),
    );
  });
}

function testPages(scene: () => Scene): void {
  test('checksums of all pages are right, and of a changed page wrong', () => {
    const { server } = scene();
    let pages = 0;
    for (const file of relationFiles(server.data)) {
      const content = fs.readFileSync(path.join(server.data, file));
      const options = { blockBytes: 8192, firstBlock: (relationFileOf(file)?.segment ?? 0) * 131072 };
      assert.deepEqual(checkPages(content, options), [], file);
      pages += content.length / 8192;
      if (content.length === 0) continue;
      content[content.length - 100] = (content[content.length - 100] ?? 0) ^ 1;
      assert.deepEqual(
        checkPages(content, options).map(({ block }) => block),
        [content.length / 8192 - 1],
        file,
      );
      assert.notDeepEqual(checkPages(content.subarray(0, 8192), { ...options, firstBlock: 7 }), []);
    }
    assert.ok(pages > 800, `${pages} pages`);
  });
}

function testAgainstPrograms(scene: () => Scene): void {
  test('pg_control says what pg_controldata says', async () => {
    const { server } = scene();
    const control = parseControlFile(fs.readFileSync(path.join(server.data, 'global/pg_control')));
    const said = (await server.run('pg_controldata', '-D', server.data)).stdout;
    const value = (name: string): string => new RegExp(`^${name}: +(.*)$`, 'm').exec(said)?.[1] ?? '';
    assert.equal(value('Database system identifier'), control.systemId);
    assert.equal(value('Latest checkpoint location'), formatLsn(control.checkpoint.at));
    assert.equal(value("Latest checkpoint's REDO location"), formatLsn(control.checkpoint.redo));
    assert.equal(value('Minimum recovery ending location'), formatLsn(control.minRecoveryPoint));
    assert.equal(Date.parse(`${value('Time of latest checkpoint')} UTC`) / 1000, control.checkpoint.timeS);
    assert.equal(Date.parse(`${value('pg_control last modified')} UTC`) / 1000, control.writtenAtS);
    assert.equal(value('max_locks_per_xact setting'), String(control.parameters.max_locks_per_transaction));
    assert.equal(value('max_worker_processes setting'), String(control.parameters.max_worker_processes));
    assert.equal(value('Catalog version number'), String(control.catalogVersion));
  });

  test('the pages that are checked are those that pg_checksums checks', async () => {
    const { server } = scene();
    const said = (await server.run('pg_checksums', '--check', '-D', server.data)).stdout;
    const files = relationFiles(server.data);
    const blocks = files.reduce(
      (sum, file) => sum + fs.statSync(path.join(server.data, file)).size / 8192,
      0,
    );
    assert.match(said, new RegExp(`Files scanned: +${files.length}\\b`));
    assert.match(said, new RegExp(`Blocks scanned: +${blocks}\\b`));
  });
}

function relationFiles(data: string): readonly string[] {
  return fs
    .readdirSync(data, { recursive: true, encoding: 'utf8' })
    .filter((file) => relationFileOf(file) !== undefined);
}
