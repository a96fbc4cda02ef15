/** The words; that what is kept is what restic keeps is shown by test/interop/retention-oracle.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '../error/assert.ts';
import { chooseKept, chooseKeptByAny } from './retention-choice.ts';
import { parseSpan, type RetentionPolicy, spanOfMs, spanText, unlimited } from './retention-policy.ts';
import { readStoredTime } from './stored-time.ts';

const nowMs = Date.UTC(2026, 10, 21, 12);

function point(id: string, time: string, tags: readonly string[] = []) {
  return { id, time: defined(readStoredTime(time), time), tags };
}

const points = [
  point('today-2', '2026-11-21T10:00:00Z'),
  point('today-1', '2026-11-21T09:00:00Z', ['release']),
  point('yesterday', '2026-11-20T10:00:00Z'),
  point('monday', '2026-11-16T10:00:00Z'),
  point('sunday', '2026-11-15T10:00:00Z'),
  point('october', '2026-10-15T10:00:00Z'),
];

function words(policy: RetentionPolicy): Record<string, string> {
  const decisions = chooseKept(points, policy, nowMs);
  return Object.fromEntries(
    decisions.map(({ point: { id }, kept, reasons }) => [id, `${kept ? '+' : '-'} ${reasons.join('; ')}`]),
  );
}

test('each decision says which rule keeps a point, or what each rule has against it', () => {
  assert.deepEqual(words({ counts: { last: 1, daily: 2, weekly: 3 }, tags: [['release']] }), {
    'today-2': '+ last 1 of 1; daily 1 of 2 (2026-11-21); weekly 1 of 3 (2026-W47)',
    'today-1': '+ has the tags release',
    yesterday: '+ daily 2 of 2 (2026-11-20)',
    monday:
      '- it has none of the tags; 1 are newer; 2 newer days are kept; the week 2026-W47 has a newer one, today-2',
    sunday: '+ weekly 2 of 3 (2026-W46)',
    october: '+ weekly 3 of 3 (2026-W42)',
  });
});

test('a rule with room left keeps the oldest, and one without a limit keeps one of every month', () => {
  const kept = words({ counts: { monthly: unlimited } });
  assert.equal(kept['today-2'], '+ monthly 1 (2026-11)');
  assert.equal(kept['sunday'], '- the month 2026-11 has a newer one, today-2');
  assert.equal(kept['october'], '+ monthly 2 (2026-10)');
  assert.equal(words({ counts: { yearly: 2 } })['october'], '+ yearly 2 of 2 (the oldest there is)');
});

test('spans are measured from the newest point that is not in the future', () => {
  const kept = words({ counts: {}, within: defined(parseSpan('1d1h'), 'span') });
  assert.equal(kept['yesterday'], '+ within 1d1h');
  assert.equal(kept['monday'], '- not within 1d1h');
  const future = [point('future', '2027-01-01T00:00:00Z'), ...points];
  const policy = { counts: {}, within: defined(parseSpan('1d1h'), 'span') };
  const decisions = chooseKept(future, policy, nowMs).filter((decision) => decision.kept);
  assert.deepEqual(
    decisions.map((decision) => decision.point.id),
    ['future', 'today-2', 'today-1', 'yesterday'],
  );
});

test('nothing is kept longer than the most, whatever else keeps it; without rules everything is', () => {
  const kept = words({ counts: { yearly: 5 }, atMostMs: 30 * 86_400_000 });
  assert.equal(kept['october'], '- older than 30d, the most that is kept');
  assert.deepEqual(
    new Set(Object.values(words({ counts: { daily: 0 } }))),
    new Set(['+ everything is kept']),
  );
  const all = chooseKeptByAny(points, [], nowMs);
  assert.equal(all.filter((decision) => decision.kept).length, points.length);
});

test('what any of several policies keeps is kept', () => {
  const decisions = chooseKeptByAny(points, [{ counts: { last: 1 } }, { counts: { monthly: 9 } }], nowMs);
  const [first, second] = decisions;
  assert.deepEqual(first?.reasons, ['last 1 of 1', 'monthly 1 of 9 (2026-11)']);
  assert.deepEqual(second?.reasons, ['1 are newer', 'the month 2026-11 has a newer one, today-2']);
  assert.deepEqual(
    decisions.filter(({ kept }) => kept).map((decision) => decision.point.id),
    ['today-2', 'october'],
  );
});

test('the day is the one on the wall where the point was taken', () => {
  const [late, early] = [point('b', '2026-11-20T23:30:00-05:00'), point('a', '2026-11-21T01:00:00Z')];
  const decisions = chooseKept([early, late], { counts: { daily: 1 } }, nowMs);
  assert.deepEqual(
    decisions.map(({ point: { id }, reasons }) => [id, reasons[0]]),
    [
      ['b', 'daily 1 of 1 (2026-11-20)'],
      ['a', 'a newer day is kept'],
    ],
  );
});

test('spans are read and written as restic does', () => {
  assert.equal(spanText(defined(parseSpan('2h1y3d'), 'span')), '1y3d2h');
  assert.equal(spanText(spanOfMs(90 * 60_000)), '1h30min');
  for (const wrong of ['', '0h', '-1h', '1w', 'h', '1 d', '1d-2h'])
    assert.equal(parseSpan(wrong), undefined, wrong);
});

test('a stored time is read to the nanosecond, and what is none is refused', () => {
  assert.deepEqual(readStoredTime('1969-12-31T23:59:59.999999999+00:00'), { atNs: -1n, offsetMinutes: 0 });
  assert.equal(readStoredTime('2026-11-21T00:30:00+05:30')?.offsetMinutes, 330);
  for (const wrong of ['2026-11-21', '2026-11-21T00:30:00', 'yesterday'])
    assert.equal(readStoredTime(wrong), undefined);
});
