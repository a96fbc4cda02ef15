import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePlan } from '../../plan/parse-plan.ts';
import type { InitChoices } from './init-choices.ts';
import { planYaml } from './plan-yaml.ts';

const id = '5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11';

const choices: InitChoices = {
  planFile: '/srv/shop/lifeboat.yaml',
  name: 'Shop',
  owner: 'Jane Doe',
  timeZone: 'Europe/Berlin',
  rpo: '2 h',
  rto: '4 h',
  schedule: 'hourly',
  vaults: [{ name: 'primary', role: 'primary', path: '/mnt/disk/shop', state: 'new' }],
  systems: [],
};

test('any text in a name, a path or a table comes back from the plan as it was', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    .filter((value) => value.trim() !== '' && value.isWellFormed() && !/[\0/]|^\.{1,2}$/.test(value))
    // what looks unfilled, or as if bytes were lost, is a finding of its own
    .filter((value) => !/\ufffd|^[\s"'`]*[[<{]|todo|tbd|fixme|xxx|placeholder|\?\?/i.test(value));
  fc.assert(
    fc.property(text, text, text, (name, file, table) => {
      const path = `/srv/shop/${file}`;
      const written = planYaml({
        choices: {
          ...choices,
          name,
          systems: [
            { name: 'db', source: { kind: 'sqlite', path, table } },
            { name: 'up', source: { kind: 'files', paths: [path], exclude: [`/${file}`] } },
          ],
        },
        id,
        passwords: new Map([['primary', { kind: 'file', path: '/keys/with space' }]]),
      });
      const { plan, findings } = parsePlan(written, 'lifeboat.yaml');
      assert.ok(plan !== undefined, `${JSON.stringify(findings)}\n${written}`);
      assert.equal(plan.metadata.name, name);
      assert.deepEqual(plan.vaults['primary']?.password, { kind: 'file', path: '/keys/with space' });
      const [db, up] = [plan.systems['db'], plan.systems['up']];
      assert.ok(db?.source?.kind === 'sqlite' && up?.source?.kind === 'files');
      assert.equal(db.source.path, `./${file}`);
      assert.deepEqual(up.source.paths, [`./${file}`]);
      assert.deepEqual(up.source.exclude, [`/${file}`]);
      const sql = db.checks?.find((check) => check.kind === 'sql');
      assert.ok(
        sql?.query === `select count(*) from ${table}` ||
          sql?.query.endsWith(`"${table.replaceAll('"', '""')}"`),
      );
    }),
  );
});

test('paths beside the plan are relative, others are absolute, and words of SQL are quoted', () => {
  const text = planYaml({
    choices: {
      ...choices,
      systems: [
        { name: 'db', source: { kind: 'sqlite', path: '/srv/shop/data/a.db', table: 'order' } },
        { name: 'env', source: { kind: 'env', files: ['/etc/shop.env', '/srv/shopping/.env'] } },
      ],
    },
    id,
    passwords: new Map(),
  });
  assert.match(text, /path: \.\/data\/a\.db$/m);
  assert.match(text, /files: \["\/etc\/shop\.env", "\/srv\/shopping\/\.env"\]$/m);
  assert.match(text, /query: "select count\(\*\) from \\"order\\""$/m);
  assert.doesNotMatch(text, /password: /);
});
