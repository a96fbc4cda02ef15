import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPostgres } from '../../../../test/support/postgres-server.ts';
import { readBranch, walLog } from '../../../../test/support/wal-log.ts';
import { parseLsn } from '../wal/lsn.ts';
import { withVoidTails } from './void-tails.ts';

const segmentBytes = 1024 * 1024;
const branch = '00000001';

test('the rest of a segment behind a switch counts as there, where the next timeline begins behind it', async () => {
  await using server = await startPostgres({ walSegmentMb: 1, settings: { autovacuum: 'off' } });
  await server.query('create table t (id int)');
  const switched = parseLsn(await server.value('select pg_switch_wal()')) ?? 0n;
  await server.query('insert into t values (1)');
  const at = switched - (switched % BigInt(segmentBytes)) + BigInt(segmentBytes);
  const logUntil = (end: bigint) =>
    walLog({ systemId: '7', branches: [readBranch(`${server.data}/pg_wal`, 1, segmentBytes, { end })] });
  const endOf = async (end: bigint, left: bigint): Promise<bigint | undefined> => {
    const log = await withVoidTails(logUntil(end), { switches: new Map([[branch, [left]]]), segmentBytes });
    const [coverage] = await log.coverage();
    const span = coverage?.spans.at(-1);
    assert.ok(span);
    const bytes = Buffer.concat(await Array.fromAsync(log.read({ ...span, start: end - 8n })));
    assert.equal(bytes.length, Number(span.end - end) + 8);
    assert.ok(bytes.subarray(8).every((byte) => byte === 0));
    return span.end;
  };
  assert.equal(await endOf(switched, at), at, 'right behind the switch');
  assert.equal(await endOf(switched + 8192n, at), at, 'some of the zeros');
  assert.equal(await endOf(switched - 32n, at), switched - 32n, 'the switch itself did not arrive');
  assert.equal(await endOf(switched, at - 8n), switched, 'the next timeline begins elsewhere');
});
