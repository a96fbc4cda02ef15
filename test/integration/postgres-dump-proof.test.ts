/** A proof of a dump brings it into a server of its own, and asks the plan's checks there. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { jsonLines } from '../e2e/cli-process.ts';
import { type PostgresPlan, postgresPlan } from '../support/postgres-plan.ts';

const more = `    canary: { kind: table }
    checks:
      - { kind: row_counts, tables: [orders, '"Sales"."Order lines"'], tolerance: "1%" }
      - { kind: tables, tables: [orders] }
      - { kind: sql, name: newest, query: "select max(id) from orders", expect: source }
      - integrity
      - foreign_keys
`;
const setUp = `create role clerk login; create table orders (id int primary key, note text);
  create schema "Sales"; create table "Sales"."Order lines" (order_id int references orders, amount int);
  insert into orders select n, md5(n::text) from generate_series(1, 1000) n;
  insert into "Sales"."Order lines" select n, n from generate_series(1, 500) n;
  alter table orders owner to clerk`;

interface Result {
  readonly name: string;
  readonly verdict: string;
  readonly actual?: string;
  readonly message?: string;
}

async function verify(plan: PostgresPlan, exitCode: number): Promise<readonly Result[]> {
  const run = await plan.run(exitCode, 'verify', '--json');
  const record = jsonLines(run).find(({ type }) => type === 'verify');
  assert.ok(record);
  return record['checks'] as Result[];
}

test('a dump is proven by a server that took it back', async () => {
  await using plan = await postgresPlan({ version: 15 }, { more, source: ', method: logical' });
  const { server } = plan;
  await server.query(setUp);
  await plan.run(0, 'backup');
  await server.query('insert into orders values (2000); drop table "Sales"."Order lines"');
  const checks = await verify(plan, 0);
  const named = new Map(checks.map((check) => [check.name, check]));
  for (const name of [
    ...['a server starts', 'rows of orders', 'rows of "Sales"."Order lines"', 'tables', 'newest'],
    ...['integrity', 'foreign_keys', 'canary'],
  ])
    assert.equal(named.get(name)?.verdict, 'pass', `${name}: ${JSON.stringify(checks)}`);
  assert.match(
    named.get('a server starts')?.actual ?? '',
    /took the dump: 1 databases, \d+ rows in \d+ tables/,
  );
  assert.equal(named.get('rows of orders')?.actual, '1000');
  assert.match(named.get('tables')?.actual ?? '', /^2 indexes and 2 tables$/);
});

test('a dump that no server takes back is no recovery point that is proven', async () => {
  await using plan = await postgresPlan({ version: 15 }, { more: '', source: ', method: logical' });
  // the function finds its table by the search path, of which a dump has none
  await plan.server.query(
    `create table b_orders (id int); insert into b_orders values (1);
     create function is_order(int) returns bool language sql as 'select exists (select from b_orders where id = $1)';
     create table a_lines (id int check (is_order(id))); insert into a_lines values (1)`,
  );
  await plan.run(0, 'backup');
  const [started] = (await verify(plan, 4)).filter(({ name }) => name === 'a server starts');
  assert.equal(started?.verdict, 'fail');
  assert.match(started?.message ?? '', /relation .?"b_orders.?" does not exist/);
});
