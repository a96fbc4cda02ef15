/** A proof of a database replays its log, asks the plan's checks, and measures what would be lost. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { jsonLines } from '../e2e/cli-process.ts';
import { type PostgresPlan, postgresPlan } from '../support/postgres-plan.ts';

const more = `    logs: { method: stream }
    canary: { kind: table }
    checks:
      - { kind: sql, name: as captured, query: "select sum(id) from t", expect: source }
      - { kind: sql, name: newest, query: "select max(id) from t", expect: 3 }
      - integrity
`;

interface Verdict {
  readonly verdict: string;
  readonly checks: ReadonlyMap<string, { readonly verdict: string; readonly message?: string }>;
  readonly record: Readonly<Record<string, unknown>>;
}

async function verify(plan: PostgresPlan, exitCode: number): Promise<Verdict> {
  const run = await plan.run(exitCode, 'verify', '--json');
  const record = jsonLines(run).find(({ type }) => type === 'verify');
  assert.ok(record);
  const checks = record['checks'] as { name: string; verdict: string }[];
  return {
    verdict: String(record['verdict']),
    checks: new Map(checks.map((check) => [check.name, check])),
    record,
  };
}

for (const version of [15, 17] as const) {
  test(`a proof of PostgreSQL ${version} asks the state of the capture, then the end of its log`, async () => {
    await using plan = await postgresPlan({ version }, { more, source: ', counts: [t]' });
    const { server } = plan;
    await server.query('create table t (id int); insert into t values (1), (2)');
    await plan.run(0, 'backup');
    const without = await verify(plan, 4);
    assert.equal(without.checks.get('as captured')?.verdict, 'pass');
    assert.equal(without.checks.get('rows of t')?.verdict, 'pass');
    assert.equal(without.checks.get('newest')?.verdict, 'fail', 'row 3 is not there yet');
    assert.equal(without.checks.get('its log is replayed to the end')?.verdict, 'inconclusive');

    await server.query('insert into t values (3)');
    await plan.beat();
    await plan.keepLog('away');
    const proof = await verify(plan, 0);
    assert.equal(proof.verdict, 'pass', JSON.stringify([...proof.checks.values()]));
    for (const name of [
      'a server starts',
      'its log is replayed to the end',
      'rows of t',
      'canary',
      'integrity',
    ])
      assert.equal(proof.checks.get(name)?.verdict, 'pass', name);
    const recovery = proof.record['recovery'] as Record<string, unknown>;
    assert.match(String(recovery['proof']), /replayed everything/);
    const { kind, ms } = proof.record['loss'] as { kind: string; ms: number };
    assert.equal(kind, 'computed');
    assert.ok(ms < 60_000);
    if (version !== 15) return;

    // a hole in the log says nothing against the point, and proves nothing either
    const log = path.join(plan.scene.vaultPath('away'), 'lifeboat/log');
    const pieces = fs
      .readdirSync(log, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort();
    fs.rmSync(pieces.at(-2) ?? '');
    const gap = await verify(plan, 4);
    const replay = gap.checks.get('its log is replayed to the end');
    assert.equal(replay?.verdict, 'inconclusive');
    assert.match(replay?.message ?? '', /is in no piece/);
    assert.equal(gap.checks.get('as captured')?.verdict, 'pass');
  });
}

test('rows that were written while they were counted are no failure, and rows that are missing are one', async () => {
  await using plan = await postgresPlan({ version: 15 }, { source: ', counts: [t]' });
  const { server } = plan;
  await server.query('create table t (id int); insert into t select generate_series(1, 100)');
  let isOver = false;
  const writing = (async () => {
    while (!isOver) await server.query('insert into t values (0)');
  })();
  await plan.run(0, 'backup');
  isOver = true;
  await writing;
  await plan.keepLog('here');
  const busy = await verify(plan, await verdictOf(plan));
  assert.notEqual(busy.checks.get('rows of t')?.verdict, 'fail');
});

/** Which of the two it is depends on when the rows were written. */
async function verdictOf(plan: PostgresPlan): Promise<number> {
  const run = plan.start('verify', '--json');
  run.stdin.end();
  const code = await new Promise<number>((done) => run.once('close', (exitCode) => done(exitCode ?? -1)));
  assert.ok(code === 0 || code === 5, `ends with ${code}`);
  return code;
}
