import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { hasCode } from '../../../error/lifeboat-error.ts';
import { findStatements } from './find-statements.ts';
import { readPrefix } from './line-prefix.ts';

const startMs = Date.parse('2026-11-20T02:44:00Z');
const at = (second: number): string =>
  new Date(startMs + second * 1000).toISOString().replace('T', ' ').replace('Z', ' UTC');

async function found(
  lines: readonly string[],
  transactions: readonly (readonly [xid: number, second: number, ...subtransactions: number[]])[],
  { name = 'log', prefix = '%m [%p] %x ' } = {},
): Promise<Readonly<Record<string, readonly string[]>>> {
  using folder = temporaryFolder();
  const file = join(folder.path, name);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const request = transactions.map(([xid, second, ...subtransactions]) => ({
    ...{ xid, subtransactions, atUs: (startMs + second * 1000) * 1000 },
  }));
  const statements = await findStatements({ file, prefix, transactions: request });
  return Object.fromEntries(
    [...statements].map(([xid, own]) => [xid, own.map(({ text, by }) => `${by}: ${text}`)]),
  );
}

test('statements before a transaction has its number belong to the number that the session shows next', async () => {
  const lines = [
    `${at(1)} [7] 0 LOG:  statement: insert into alone values (1)`,
    `${at(2)} [7] 0 LOG:  statement: BEGIN`,
    `${at(3)} [8] 0 LOG:  statement: begin`,
    `${at(3)} [7] 0 LOG:  statement: delete from orders`,
    '\twhere id > 3',
    `${at(4)} [7] 740 LOG:  statement: COMMIT`,
    `${at(5)} [7] 0 LOG:  statement: select 1`,
    `${at(6)} [8] 741 LOG:  statement: update a set b = 1`,
    `${at(7)} [8] 742 ERROR:  no such thing`,
    `${at(7)} [8] 0 LOG:  statement: rollback`,
    'no line of a server',
  ];
  assert.deepEqual(
    await found(lines, [
      [740, 4],
      [741, 7],
    ]),
    {
      740: ['xid: BEGIN', 'xid: delete from orders\nwhere id > 3', 'xid: COMMIT'],
      741: ['xid: begin', 'xid: update a set b = 1'],
    },
  );
});

test('a statement that was a transaction of its own is told by its time, unless two were committed meanwhile', async () => {
  const lines = [
    `${at(10)} [7] 0 LOG:  duration: 900.000 ms  statement: delete from orders`,
    `${at(10)} [8] 0 LOG:  duration: 100.000 ms  statement: select * from orders`,
    `${at(20)} [7] 0 LOG:  duration: 900.000 ms  execute <unnamed>: update a set b = $1`,
  ];
  assert.deepEqual(
    await found(lines, [
      [740, 9.95],
      [741, 19.5],
      [742, 19.6],
      [743, 8],
    ]),
    {
      740: ['time: delete from orders'],
    },
  );
});

test('numbers of subtransactions are of their transaction', async () => {
  const lines = [`${at(1)} [7] 751 LOG:  statement: insert into t values (1)`];
  assert.deepEqual(await found(lines, [[750, 2, 751, 752]]), { 750: ['xid: insert into t values (1)'] });
});

test('csvlog and jsonlog have the number of the transaction in them', async () => {
  const csv = `${at(1)},"ann","shop",7,"[local]",65a.7,3,"UPDATE",${at(0)},3/4,740,LOG,00000,"statement: update t set name = ""x,
y""",,,,,,,,,"psql"`;
  assert.deepEqual(await found([csv], [[740, 2]], { name: 'log.csv' }), {
    740: ['xid: update t set name = "x,\ny"'],
  });
  const json = JSON.stringify({
    timestamp: at(1),
    session_id: '65a.7',
    txid: 740,
    message: 'statement: select 2',
  });
  assert.deepEqual(await found([json, '{"timestamp'], [[740, 2]], { name: 'log.json' }), {
    740: ['xid: select 2'],
  });
});

test('prefixes are read as the server writes them', async () => {
  const lines = [
    `${at(1)} [  7] ann@shop 740  LOG:  statement: select 3`,
    `${at(1)} [  8] LOG:  checkpoint starting`,
  ];
  assert.deepEqual(await found(lines, [[740, 1]], { prefix: '%m [%3p] %q%u@%d %-5x' }), {
    740: ['xid: select 3'],
  });
  for (const prefix of ['%m [%p] ', '%m %m %x', '%z %x', '%m %t %x'])
    await assert.rejects(found([], [], { prefix }), (error) => hasCode(error, 'USAGE'), prefix);
  assert.equal(readPrefix('%t %% %x')?.hasTransaction, true);
  await assert.rejects(findStatements({ file: '/nowhere/log', prefix: '%x ', transactions: [] }), (error) =>
    hasCode(error, 'USAGE'),
  );
});
