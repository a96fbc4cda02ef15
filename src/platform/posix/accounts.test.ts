import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { groupId, groupName, userId, userName } from './accounts.ts';

test('users and groups of this machine are known by number and by name', () => {
  for (const [name, id] of accountsIn('/etc/passwd'))
    assert.deepEqual([userName(id), userId(name)], [name, id]);
  for (const [name, id] of accountsIn('/etc/group'))
    assert.deepEqual([groupName(id), groupId(name)], [name, id]);
});

test('the unknown has an empty name and no number', () => {
  assert.deepEqual([userName(3_999_999_999), groupName(3_999_999_999)], ['', '']);
  assert.deepEqual([userId('no such user'), groupId('no such group')], [undefined, undefined]);
});

/** Entries whose number is not shared, since only the first of several answers to it. */
function accountsIn(path: string): readonly (readonly [string, number])[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const accounts = lines.map((line) => [line.split(':')[0] ?? '', Number(line.split(':')[2])] as const);
  assert.ok(accounts.length > 0);
  return accounts.filter(([, id]) => accounts.filter(([, other]) => other === id).length === 1);
}
