import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CopyPlaceFacts, type RuleName, type ThreeTwoOneFacts, threeTwoOne } from './three-two-one.ts';

const hourMs = 3_600_000;
const nowMs = 1000 * hourMs;
const evidence = (vault: string, recordId: string) => ({ vault, recordId, atMs: nowMs - hourMs });

function place(vault: string, more: Partial<CopyPlaceFacts> = {}): CopyPlaceFacts {
  return {
    vault,
    medium: 'disk',
    device: vault,
    isOffSite: false,
    isAtOwnSite: false,
    newest: { capturedAtMs: nowMs - hourMs, evidence: evidence(vault, `copy-${vault}`) },
    lastVerdict: { isGood: true, evidence: evidence(vault, `check-${vault}`) },
    lastRestore: { evidence: evidence(vault, `verify-${vault}`) },
    ...more,
  };
}

const away = place('away', {
  medium: 'object-store',
  isOffSite: true,
  immutable: { untilMs: nowMs + hourMs, evidence: evidence('away', 'audit') },
});
const whole: ThreeTwoOneFacts = {
  system: 'db',
  ageMsMax: 2 * hourMs,
  productionDevice: 'root',
  lastCapture: evidence('here', 'backup'),
  places: [place('here'), away],
};

function cells(facts: Partial<ThreeTwoOneFacts>): Readonly<Record<RuleName, string>> {
  const found = threeTwoOne({ ...whole, ...facts }, nowMs).map(({ rule, status, count }) => [
    rule,
    `${status} ${count}`,
  ]);
  return Object.fromEntries(found);
}

test('all five are met, each with the records that show it', () => {
  assert.deepEqual(cells({}), {
    copies: 'met 3',
    media: 'met 3',
    'off-site': 'met 1',
    immutable: 'met 1',
    errors: 'met 0',
  });
  const found = threeTwoOne(whole, nowMs);
  assert.deepEqual(
    found.map((cell) => cell.evidence.map(({ recordId }) => recordId)),
    [
      ['backup', 'copy-here', 'copy-away'],
      ['copy-here', 'copy-away'],
      ['copy-away'],
      ['audit'],
      ['check-here', 'check-away', 'verify-here', 'verify-away'],
    ],
  );
  assert.equal(found[3]?.untilMs, nowMs + hourMs);
});

test('a vault whose newest point is too old is no copy, and one that cannot be read makes it unknown', () => {
  const old = place('here', {
    newest: { capturedAtMs: nowMs - 3 * hourMs, evidence: evidence('here', 'x') },
  });
  assert.equal(cells({ places: [old, away] }).copies, 'unmet 2');
  const gone = place('here', { doubt: 'it is not there' });
  const found = cells({ places: [gone, away] });
  assert.deepEqual([found.copies, found.errors], ['unknown 2', 'unknown 0']);
  assert.equal(
    cells({ places: [place('here'), { ...away, doubt: 'it is not there' }] })['off-site'],
    'unknown 0',
  );
});

test('disks that cannot be told apart are not two media', () => {
  const { device: _device, ...untold } = place('here');
  assert.equal(cells({ places: [untold] }).media, 'unknown 1');
  assert.equal(cells({ places: [place('here', { device: 'root' })] }).media, 'unmet 1');
  assert.equal(cells({ places: [place('here')] }).media, 'met 2');
});

test('off site at the site of the system is not off site', () => {
  assert.equal(cells({ places: [{ ...away, isAtOwnSite: true }] })['off-site'], 'unmet 0');
});

test('immutability that no audit has shown, or that is over, is not proven', () => {
  const { immutable: _immutable, ...unaudited } = away;
  assert.equal(cells({ places: [unaudited] }).immutable, 'unknown 0');
  const over = { untilMs: nowMs - 1, evidence: evidence('away', 'audit') };
  assert.equal(cells({ places: [{ ...away, immutable: over }] }).immutable, 'unknown 0');
});

test('an error in the last proof of any vault is counted, and without a restore nothing is proven', () => {
  const wrong = place('here', { lastVerdict: { isGood: false, evidence: evidence('here', 'check') } });
  assert.equal(cells({ places: [wrong, away] }).errors, 'unmet 1');
  const places = [place('here'), away].map(({ lastRestore: _restore, ...rest }) => rest);
  assert.equal(cells({ places }).errors, 'unknown 0');
});

test('where there is nothing, nothing is met', () => {
  const { lastCapture: _capture, ...nothing } = whole;
  const found = threeTwoOne({ ...nothing, places: [] }, nowMs);
  assert.deepEqual(
    found.filter(({ status }) => status === 'met'),
    [],
  );
});
