import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';

const runner = path.join(import.meta.dirname, 'run-tests.ts');

test('passed, failed and skipped tests are counted, and so is a file that cannot start', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lifeboat-run-tests-'));
  try {
    const write = (name: string, body: string) =>
      fs.writeFileSync(path.join(folder, name), `import test, { describe } from 'node:test';\n${body}`);
    write('good.test.ts', "test('a', () => {}); describe('s', () => { test('b', () => {}); });");
    write('bad.test.ts', "describe('s', () => { test('c', () => { throw new Error('no'); }); });");
    write('broken.test.ts', 'throw new Error("cannot start");');
    write(
      'hook.test.ts',
      "import { before } from 'node:test'; describe('s', () => { before(() => { throw new Error('x'); }); test('d', () => {}); });",
    );
    write(
      'skip.test.ts',
      "test('e', { skip: 'no disk' }, () => {}); test('f', (t) => { t.skip('later'); });",
    );
    assert.deepEqual(countsOf(folder), {
      passed: 2,
      failed:
        countsOf(folder, 'bad').failed + countsOf(folder, 'broken').failed + countsOf(folder, 'hook').failed,
      skipped: ['e: no disk', 'f: later'],
    });
    assert.equal(countsOf(folder, 'bad').failed, 1);
    assert.equal(countsOf(folder, 'broken').failed, 1);
    assert.ok(countsOf(folder, 'hook').failed >= 1);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

/** What the runner counts in another process: it refuses to run inside of itself. */
function countsOf(folder: string, name = '*') {
  const program = path.join(folder, 'program.ts');
  const selection = JSON.stringify({ globs: [`${name}.test.ts`] });
  fs.writeFileSync(
    program,
    `import { writeSync } from 'node:fs';
    import { runTests } from ${JSON.stringify(runner)};
    const counts = await runTests(${JSON.stringify(folder)}, { ...${selection}, grep: undefined });
    writeSync(3, JSON.stringify(counts));`,
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const done = spawnSync(process.execPath, [program], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  return JSON.parse(String(done.output[3]));
}
