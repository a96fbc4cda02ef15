/** Single tables out of a recovered copy: with all their rows, and without replacing what is there. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { postgresPlan } from '../support/postgres-plan.ts';

test('a partitioned table and a parent come back with the rows of all below them, and nothing is replaced', async () => {
  await using plan = await postgresPlan({ version: 15 });
  const { server, scene } = plan;
  await server.query('create schema sales; create schema old');
  await server.query('create table sales.orders (id int, note text) partition by range (id)');
  await server.query('create table sales.new partition of sales.orders for values from (100) to (200)');
  await server.query(
    'create table old."Or.ders*" partition of sales.orders for values from (0) to (100) partition by range (id)',
  );
  await server.query('create table old.deep partition of old."Or.ders*" for values from (0) to (50)');
  await server.query(`insert into sales.orders values (7, 'deep'), (150, 'new')`);
  await server.query('create table parent (id int); create table heir () inherits (parent)');
  await server.query('insert into heir values (42); create table other as select 43 as id');
  await plan.run(0, 'backup');
  const words = ['restore', 'shop', '--to', 'out', '--until', 'consistent', '--yes'];
  await plan.run(0, ...words, '--table', 'sales.orders', '--table', 'parent');
  const orders = fs.readFileSync(scene.path('out/sales.orders.sql'), 'utf8');
  assert.match(orders, /^7\tdeep$/m);
  assert.match(orders, /^150\tnew$/m);
  assert.match(orders, /ATTACH PARTITION old\."Or\.ders\*"/);
  const parent = fs.readFileSync(scene.path('out/parent.sql'), 'utf8');
  assert.match(parent, /^42$/m);
  assert.doesNotMatch(parent, /other|^43$/m);

  const before = fs.statSync(scene.path('out/parent.sql'));
  for (const more of [[], ['--overwrite']]) {
    const refused = await plan.run(2, ...words, ...more, '--table', 'other', '--table', 'parent');
    assert.match(refused.stderr, /parent\.sql is there already/);
    assert.match(refused.stderr, /Move it away/);
  }
  const twice = await plan.run(2, ...words, '--table', 'other', '--table', 'other');
  assert.match(twice.stderr, /would be written to .*other\.sql/);
  assert.equal(fs.statSync(scene.path('out/parent.sql')).ino, before.ino);
  assert.deepEqual(fs.readdirSync(scene.path('out')).sort(), ['parent.sql', 'sales.orders.sql']);
});
