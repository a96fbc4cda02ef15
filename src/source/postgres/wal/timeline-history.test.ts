import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../../error/lifeboat-error.ts';
import { formatLsn, parseLsn } from './lsn.ts';
import {
  historyName,
  isSegmentSize,
  parseHistoryName,
  parseSegmentName,
  segmentName,
  segmentStart,
} from './segment-name.ts';
import {
  describeHistory,
  firstTimeline,
  isAncestor,
  parseTimelineHistory,
  switchPoint,
  timelinesFrom,
} from './timeline-history.ts';

const text = '1\t0/3000060\tno recovery target specified\n\n3\t0/5000028\tbefore 2026-11-22 04:51:09+00\n';

test('a history says who descends from whom, and since when', () => {
  const history = parseTimelineHistory(4, text);
  assert.deepEqual(
    history.ancestors.map(({ timeline, end }) => [timeline, end]),
    [
      [1, 0x3000060n],
      [3, 0x5000028n],
    ],
  );
  assert.equal(switchPoint(history, 3), 0x5000028n);
  assert.equal(switchPoint(history, 2), undefined);
  assert.ok(isAncestor(history, 1, 0x3000060n));
  assert.ok(!isAncestor(history, 1, 0x3000061n), 'what was written there after the switch is another branch');
  assert.ok(!isAncestor(history, 2, 0x1000000n));
  assert.ok(isAncestor(history, 4, 0x5000028n));
  assert.ok(!isAncestor(history, 4, 0x5000027n));
  assert.equal(describeHistory(history), '1 → 3 at 0/3000060 → 4 at 0/5000028');
});

test('the log from a position on lies on one timeline after the other', () => {
  const history = parseTimelineHistory(4, text);
  assert.deepEqual(timelinesFrom(history, 0x2000000n), [
    { timeline: 1, start: 0x2000000n, end: 0x3000060n },
    { timeline: 3, start: 0x3000060n, end: 0x5000028n },
    { timeline: 4, start: 0x5000028n },
  ]);
  assert.deepEqual(timelinesFrom(history, 0x6000000n), [{ timeline: 4, start: 0x6000000n }]);
  assert.deepEqual(timelinesFrom(firstTimeline(), 5n), [{ timeline: 1, start: 5n }]);
});

test('what is no history is refused', () => {
  for (const wrong of ['x', '1 0-3000060 a', '3\t0/1\tb\n1\t0/2\tc', '5\t0/1\td', '1\t0/9\te\n2\t0/1\tf'])
    assert.throws(
      () => parseTimelineHistory(4, wrong),
      (error) => hasCode(error, 'SOURCE_DAMAGED'),
      wrong,
    );
});

test('LSNs and names of segments, both ways', () => {
  for (const lsn of [0n, 0x3000028n, 0x1_0000_0000n, 0xffff_ffff_ffff_ffffn])
    assert.equal(parseLsn(formatLsn(lsn)), lsn);
  assert.equal(formatLsn(0x2_03000028n), '2/3000028');
  for (const wrong of ['', '0', '0/', '/1', '0/123456789', 'x/1', '0/1 '])
    assert.equal(parseLsn(wrong), undefined);
  const mib = 1024 * 1024;
  assert.equal(segmentName(1, 0x3000028n, 16 * mib), '000000010000000000000003');
  assert.equal(segmentName(0x1f, 0x1_ff00_0000n, 16 * mib), '0000001F00000001000000FF');
  for (const size of [mib, 16 * mib, 1024 * mib]) {
    for (const lsn of [0n, 0x7_1234_5678n, 0xab_ffff_ffffn]) {
      const start = segmentStart(lsn, size);
      assert.deepEqual(parseSegmentName(segmentName(7, lsn, size), size), { timeline: 7, start });
    }
  }
  assert.equal(
    parseSegmentName('000000010000000000000100', 16 * mib),
    undefined,
    'there are 256 of 16 MiB in 4 GiB',
  );
  assert.equal(parseSegmentName('000000010000000000000003.partial', 16 * mib), undefined);
  assert.equal(parseHistoryName(historyName(10)), 10);
  assert.ok(
    isSegmentSize(mib) && isSegmentSize(1024 * mib) && !isSegmentSize(3 * mib) && !isSegmentSize(512 * 1024),
  );
});
