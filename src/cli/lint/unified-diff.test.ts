import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { processorMs } from '../../../test/support/processor-ms.ts';
import { diffLines } from './unified-diff.ts';

function diffOf(before: string, after: string): string {
  return diffLines(before, after)
    .map(({ sign, text }) => (sign === '@' ? `${text}\n` : `${sign}${text}\n`))
    .join('');
}

test('a changed line is shown with three lines around it', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\nh\ni\n';
  assert.equal(diffOf(before, before), '');
  assert.equal(diffOf(before, before.replace('e', 'E')), '@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n');
  assert.equal(diffOf('a\n', 'a'), '@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n');
  assert.equal(diffOf('', 'a\n'), '@@ -0,0 +1 @@\n+a\n');
  assert.equal(diffOf('a\nb\n', 'b\n'), '@@ -1,2 +1 @@\n-a\n b\n');
});

test('every line knows which one of its own text it is', () => {
  const lines = diffLines('a\nb\nc\n', 'a\nx\ny\nc\n');
  assert.deepEqual(
    lines.map(({ sign, text, index }) => `${sign}${text} ${index}`),
    ['@@@ -1,3 +1,4 @@ 0', ' a 0', '-b 1', '+x 1', '+y 2', ' c 3'],
  );
});

/** What `patch` does, with every line that stays or goes compared. */
function applied(before: string, after: string): string {
  const old = before.split('\n');
  const result: string[] = [];
  let at = 0;
  for (const { sign, text } of diffLines(before, after)) {
    const line = text.replace('\n\\ No newline at end of file', '');
    if (sign === '@') {
      const [, from = 0, count = 1] = (/^@@ -(\d+)(?:,(\d+))?/.exec(text) ?? []).map(Number);
      const start = count === 0 ? from : from - 1;
      result.push(...old.slice(at, start));
      at = start;
    } else if (sign === '+') result.push(line);
    else {
      assert.equal(line, old[at]);
      at += 1;
      if (sign === ' ') result.push(line);
    }
  }
  return [...result, ...old.slice(at)].join('\n');
}

test('the new text follows from the old one and the difference', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 30 });
  const text = lines.map((all) => all.map((line) => `${line}\n`).join(''));
  fc.assert(
    fc.property(text, text, (before, after) => {
      assert.equal(applied(before, after), after);
      const changed = diffLines(before, after).filter(({ sign }) => sign === '+' || sign === '-');
      assert.ok(changed.length <= before.split('\n').length + after.split('\n').length - 2);
      assert.equal(changed.length === 0, before === after);
    }),
    { numRuns: 500 },
  );
});

test('thousands of changes in a large file take no time', () => {
  const before = Array.from({ length: 60_000 }, (_, index) => `line ${index}\n`);
  const after = before.map((line, index) => (index % 40 === 0 ? `changed ${index}\n` : line));
  let changed = 0;
  const tookMs = processorMs(() => {
    changed = diffLines(before.join(''), after.join('')).filter(({ sign }) => sign === '+').length;
  });
  assert.equal(changed, 1500);
  assert.ok(tookMs < 10_000, `${tookMs} ms`);
});
