import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintHits, testCauses } from '../../../test/support/lint-hits.ts';

const plan = (retention: string, cold = 'role: archive, storage_class: GLACIER') => `vaults:
  here: { location: ./here }
  cold: { location: "s3://b-ucket/cold", ${cold} }
systems:
  music: { source: { kind: files, paths: [./x] }, checks: [files], schedule: daily, retention: { ${retention} } }
`;
const sound = 'within: 30 days, archive: { after: 30 days, keep_for: 90 days, storage_class: GLACIER }';

testCauses([
  {
    name: 'no vault is an archive',
    rule: 'archive-move',
    plan: plan(sound, 'role: secondary, storage_class: GLACIER'),
    cause: 'role: secondary',
    cure: 'role: archive',
    says: /^older points of music are to move to an archive, and none of its vaults has the role archive: nothing moves$/,
    severity: 'error',
    path: 'systems.music.retention.archive',
  },
  {
    name: 'points are given up before they move',
    rule: 'archive-move',
    plan: plan(sound.replace('within: 30', 'within: 29')),
    cause: 'within: 29 days',
    cure: 'within: 30 days',
    says: /^points of music are to move after 30 days, and none is sure to be kept for so long before$/,
    severity: 'error',
    path: 'systems.music.retention.archive.after',
  },
  {
    name: 'a count of days ends at about the same time of day',
    rule: 'archive-move',
    plan: plan(sound.replace('within: 30 days', 'daily: 30')),
    cause: 'daily: 30',
    cure: 'daily: 31',
    says: /none is sure to be kept for so long/,
  },
  {
    name: 'what must be gone does not move',
    rule: 'archive-move',
    plan: plan(`at_most: 30 days, ${sound}`),
    cause: 'at_most: 30 days',
    cure: 'at_most: 120 days',
    says: /none is sure to be kept for so long/,
  },
  {
    name: 'the archive has another class',
    rule: 'archive-move',
    plan: plan(sound, 'role: archive, storage_class: STANDARD_IA'),
    cause: 'STANDARD_IA',
    cure: 'GLACIER',
    says: /^older points are to lie in GLACIER, and the archive cold keeps its data in STANDARD_IA$/,
    severity: 'warning',
  },
  {
    name: 'less than what the class bills, as a note',
    rule: 'archive-move',
    plan: plan(sound.replace('keep_for: 90', 'keep_for: 60')),
    cause: 'keep_for: 60 days',
    cure: 'keep_for: 90 days',
    says: /^GLACIER bills at least 90 days, and points lie there for 60 days$/,
    severity: 'info',
  },
  {
    name: 'a vault that is no archive says what moves',
    rule: 'archive-move',
    plan: plan('daily: 7', 'role: secondary, retention: { archive: { keep_for: 90 days } }'),
    cause: 'role: secondary',
    cure: 'role: archive',
    says: /^cold has not the role archive, so nothing moves by its retention$/,
    path: 'vaults.cold.retention.archive',
  },
]);

test('archive-move: what keeps everything, or a number of points, may well be there when they move', () => {
  for (const rules of ['', 'last: 400, ', 'monthly: 2, ', 'daily: -1, '])
    assert.deepEqual(lintHits(plan(`${rules}archive: { after: 30 days }`), 'archive-move'), [], rules);
});

test('archive-move: what moves at once need not be kept anywhere else', () => {
  assert.deepEqual(lintHits(plan('last: 1, archive: { keep_for: 1 year }'), 'archive-move'), []);
});
