import assert from 'node:assert/strict';
import test from 'node:test';
import { formatStandbyNames, parseStandbyNames, waitsFor, withOurs, withoutOurs } from './standby-names.ts';

const ours = ['lifeboat_shop'];

test('every form that the server takes is read', () => {
  const read = (text: string) => {
    const value = parseStandbyNames(text);
    return value === undefined ? undefined : `${value.method} ${value.count} ${value.names.join('|')}`;
  };
  assert.equal(read(''), undefined);
  assert.equal(read('  '), undefined);
  assert.equal(read('a'), 'first 1 a');
  assert.equal(read('a, b'), 'first 1 a|b');
  assert.equal(read('2 (a,b)'), 'first 2 a|b');
  assert.equal(read('FIRST 2 (a, "B ""c""")'), 'first 2 a|B "c"');
  assert.equal(read('any 1 ( a , b )'), 'any 1 a|b');
  assert.equal(read('*'), 'first 1 *');
});

test('what is written is what the server reads', () => {
  assert.equal(
    formatStandbyNames({ method: 'any', count: 1, names: ['a', 'b "c"'] }),
    'ANY 1 ("a", "b ""c""")',
  );
  assert.equal(formatStandbyNames({ method: 'first', count: 1, names: ['*'] }), 'FIRST 1 (*)');
  assert.equal(formatStandbyNames(undefined), '');
});

test('we come in only where no commit can return without us', () => {
  const text = (names: string, us = ours) => formatStandbyNames(withOurs(parseStandbyNames(names), us));
  assert.equal(text(''), 'ANY 1 ("lifeboat_shop")');
  assert.equal(text('', ['a', 'b']), 'ANY 1 ("a", "b")');
  assert.equal(text('standby'), 'ANY 2 ("lifeboat_shop", "standby")');
  assert.equal(text('FIRST 2 (x, y)'), 'ANY 3 ("lifeboat_shop", "x", "y")');
  assert.equal(text('ANY 1 (x, y)'), '', 'x and y could be enough');
  assert.equal(text('*'), '', 'anybody could be enough');
});

test('we go, and the others stay as they were', () => {
  const text = (names: string) => formatStandbyNames(withoutOurs(parseStandbyNames(names), ours));
  assert.equal(text('ANY 1 (lifeboat_shop)'), '');
  assert.equal(text('ANY 1 (LIFEBOAT_SHOP)'), '');
  assert.equal(text('ANY 2 (lifeboat_shop, standby)'), 'ANY 1 ("standby")');
  assert.equal(text('ANY 1 (x, y)'), 'ANY 1 ("x", "y")');
});

test('whether no commit returns without us', () => {
  assert.equal(waitsFor(parseStandbyNames('ANY 1 (Lifeboat_Shop)'), ours), true);
  for (const [text, expected] of [
    ['ANY 2 (lifeboat_shop, standby)', true],
    ['FIRST 2 (standby, lifeboat_shop)', true],
    ['ANY 1 (lifeboat_shop, standby)', false],
    ['FIRST 1 (lifeboat_shop, standby)', false],
    ['lifeboat_shop, standby', false],
    ['ANY 2 (lifeboat_shop, *)', false],
    ['*', false],
    ['other', false],
  ] as const)
    assert.equal(waitsFor(parseStandbyNames(text), ours), expected, text);
  assert.equal(waitsFor(undefined, ours), false);
});
