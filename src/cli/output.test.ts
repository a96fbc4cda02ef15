import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutput } from './output.ts';
import type { TextStream } from './standard-streams.ts';

interface Recorded extends TextStream {
  readonly written: string[];
}

function recorded(isTerminal = false): Recorded {
  const written: string[] = [];
  return {
    written,
    isTerminal,
    wantsColour: false,
    columns: () => 60,
    closed: new AbortController().signal,
    async write(data) {
      written.push(data.toString());
    },
  };
}

function outputOf(json: boolean, isTerminal = false) {
  const [stdout, stderr] = [recorded(isTerminal), recorded(isTerminal)];
  return { stdout, stderr, output: createOutput({ json, stdout, stderr, monotonicMs: () => 0 }) };
}

test('people read text on standard output, programs read objects', async () => {
  for (const json of [false, true]) {
    const { stdout, stderr, output } = outputOf(json);
    await output.text('heading');
    await output.result({ type: 'thing', size: 3 }, 'a thing of 3');
    output.note('by the way');
    assert.equal(stdout.written.join(''), json ? '{"type":"thing","size":3}\n' : 'heading\na thing of 3\n');
    assert.equal(stderr.written.join(''), 'by the way\n');
  }
});

test('a warning reaches both', () => {
  const { stdout, stderr, output } = outputOf(true);
  output.warn('mind the gap');
  assert.deepEqual(JSON.parse(stdout.written.join('')), { type: 'warning', message: 'mind the gap' });
  assert.equal(stderr.written.join(''), 'warning: mind the gap\n');
});

test('secrets are taken out of every form, also where json would write them in another way', async () => {
  const secret = 'pass"word\\1';
  for (const json of [false, true]) {
    const { stdout, stderr, output } = outputOf(json);
    output.hide(secret);
    await output.result({ type: 'x', list: [{ deep: `(${secret})` }] }, secret);
    await output.text(secret);
    output.note(secret);
    output.warn(secret);
    const all = stdout.written.join('') + stderr.written.join('');
    assert.ok(all.includes('[secret]'));
    assert.ok(!all.includes('word'), all);
  }
});

test('the progress line is taken away before anything else is printed, and painted within the width', async () => {
  const { stdout, stderr, output } = outputOf(false, true);
  const progress = output.progress('restore');
  progress.report({ phase: 'restore', doneFiles: 1, doneBytes: 2048, totalFiles: 2, totalBytes: 4096 });
  progress.show();
  const painted = stderr.written.join('');
  assert.ok(painted.startsWith('\r\u001b[Krestore: 1 of 2 files, 2.00 KiB of 4.00 KiB (50%)'), painted);
  assert.ok(painted.length <= '\r\u001b[K'.length + 59);
  await output.text('result');
  assert.equal(stderr.written.at(-1), '\r\u001b[K');
  assert.deepEqual(stdout.written, ['result\n']);
  progress[Symbol.dispose]();
  assert.equal(stderr.written.length, 2, 'what is not painted is not erased');
});

test('a secret is shown on a terminal only', () => {
  const shown = outputOf(false, true);
  shown.output.hide('ABCD-EFGH');
  shown.output.showSecret('ABCD-EFGH');
  assert.match(shown.stderr.written.join(''), /ABCD-EFGH/);
  assert.throws(() => outputOf(false).output.showSecret('ABCD-EFGH'), { code: 'ASSERTION' });
});
