import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { rowNames } from '../../bench/rows.ts';
import { runProgram } from '../../src/platform/child-process.ts';

const main = path.resolve(import.meta.dirname, '../../bench/main.ts');

test('the benchmark runs every row with both programs, and both restore the same', async () => {
  const { exitCode, stdout, stderrTail } = await runProgram(
    { kind: 'argv', file: process.execPath, arguments: [main, '--quick', '--json'] },
    { timeoutMs: 600_000 },
  );
  assert.equal(exitCode, 0, stderrTail);
  const lines = stdout.toString().trimEnd().split('\n');
  const { type, tree, summary, startup } = JSON.parse(lines.at(-1) ?? '');
  assert.equal(type, 'summary');
  assert.equal(tree.files, 400);
  assert.deepEqual(
    summary.map(({ row }: { row: string }) => row),
    rowNames,
  );
  let [pruned, unpruned] = [0, 0];
  for (const { row, cells } of summary) {
    assert.ok(cells.wallS.lifeboat > 0.05 && cells.cpuS.lifeboat > 0.05, 'a process takes time');
    assert.ok(cells.peakMb.lifeboat < 500, 'memory is bounded');
    assert.ok(cells.repositoryBytes.ratio > 0.9 && cells.repositoryBytes.ratio < 1.1);
    assert.ok(cells.repositoryBytes.lifeboat < tree.bytes, 'what can be compressed is');
    if (row === 'prune') pruned = cells.repositoryBytes.lifeboat;
    else unpruned = cells.repositoryBytes.lifeboat;
  }
  assert.ok(pruned > 0 && pruned < unpruned, 'what was forgotten is gone');
  assert.ok(startup[0].wallMs > 0);
});
