import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupRecord } from '../../../test/support/record-samples.ts';
import { defined } from '../../error/assert.ts';
import { recoveryPointsFromRecords } from '../../recovery-point/points-from-records.ts';
import { elsewhereHint } from './from-elsewhere.ts';

const point = defined(recoveryPointsFromRecords([backupRecord('abcdef0123', { startMs: 1 })])[0], 'a point');
const found = { vault: 'here', point, elsewhere: ['away'], copies: [] };

test('the command that takes the same point from another vault can be pasted into a shell', () => {
  const copies = ['away', 'my vault'].map((vault) => ({ vault, point }));
  const words = ['--to', "it's here", '--include', '*.txt'];
  assert.equal(
    elsewhereHint({ system: 'db', found: { ...found, copies }, words }),
    `Vault away (and my vault) has the same point: run \`lifeboat restore db --vault away --point abcdef01 --to 'it'\\''s here' --include '*.txt'\`.`,
  );
});

test('where only other points are, they are to be looked at; where none are, nothing is said', () => {
  assert.match(
    elsewhereHint({ system: 'db', found, words: [] }) ?? '',
    /^Not this point, .*`lifeboat points db`/,
  );
  assert.equal(elsewhereHint({ system: 'db', found: { ...found, elsewhere: [] }, words: [] }), undefined);
});
