import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from './duration.ts';
import { type LifecycleRule, lifecycleFaults } from './lifecycle-faults.ts';
import type { ResolvedVault } from './resolved-plan.ts';

const dayMs = 86_400_000;
const days = (count: number) => milliseconds(count * dayMs);

function kindsOf(
  location: string,
  rule: Partial<LifecycleRule>,
  more: Partial<ResolvedVault['declared']> = {},
) {
  const store = location.startsWith('azure') ? 'azure' : 's3';
  const lifecycle = [{ applies_to: 'noncurrent' as const, ...rule }];
  return lifecycleFaults({ location, store, declared: { ...more, lifecycle } }).map(({ kind }) => kind);
}

const toGlacier = { transition: { after: days(30), storage_class: 'GLACIER' } };

test('a rule on current objects is judged by the places of the vault that its prefix meets', () => {
  const kinds = (location: string, prefix?: string) =>
    kindsOf(location, { applies_to: 'current', ...toGlacier, ...(prefix === undefined ? {} : { prefix }) });
  for (const location of [
    's3://b-ucket/v',
    's3:https://s3.example.org/b-ucket/v',
    's3:localhost:9000/b-ucket/v',
    's3:b-ucket/v/',
  ]) {
    assert.deepEqual(kinds(location), ['moves what must stay'], location);
    for (const prefix of ['v', 'v/', 'v/key', 'v/config', 'v/index/0', 'v/locks/', 'v/lifeboat/evidence/'])
      assert.deepEqual(kinds(location, prefix), ['moves what must stay'], `${location} ${prefix}`);
    assert.deepEqual(kinds(location, 'v/data/'), ['moves folders'], location);
    for (const prefix of ['w/', 'v/other/', 'data/', 'v/config-of-somebody'])
      assert.deepEqual(kinds(location, prefix), [], `${location} ${prefix}`);
  }
  assert.deepEqual(kinds('s3://b-ucket', 'index/'), ['moves what must stay']);
});

test('a class that is read at once may hold anything, and noncurrent versions may go anywhere', () => {
  const read = { transition: { after: days(30), storage_class: 'GLACIER_IR' } };
  assert.deepEqual(kindsOf('s3://b-ucket/v', { applies_to: 'current', ...read }), []);
  assert.deepEqual(kindsOf('s3://b-ucket/v', toGlacier), []);
});

test('Azure: its forms of a location, and its own tiers', () => {
  const archive = { transition: { after: days(1), storage_class: 'Archive' } };
  for (const location of ['azure://account/container/v', 'azure:container:/v', 'azure:account/container/v'])
    for (const [prefix, kinds] of [
      ['v/data/', ['moves folders']],
      ['container/', []],
      ['v/keys/', ['moves what must stay']],
    ] as const)
      assert.deepEqual(kindsOf(location, { applies_to: 'current', prefix, ...archive }), kinds, location);
  assert.deepEqual(kindsOf('azure://account/container', toGlacier), ['not accepted']);
  assert.deepEqual(kindsOf('azure://account/container', archive), []);
});

test('current objects expire nowhere in the vault', () => {
  const expires = (prefix: string) =>
    kindsOf('s3://b-ucket/v', { applies_to: 'current', prefix, expire_after: days(9) });
  assert.deepEqual(expires(''), ['expires current']);
  assert.deepEqual(expires('v/data/'), ['expires current']);
  assert.deepEqual(expires('logs/'), []);
});

test('a version is kept for as long as the vault is immutable', () => {
  const kinds = (mode: 'compliance' | 'offline', expiry: number) =>
    kindsOf('s3://b-ucket', { expire_after: days(expiry) }, { immutability: { mode, for: days(30) } });
  assert.deepEqual(kinds('compliance', 29), ['retained']);
  assert.deepEqual(kinds('compliance', 30), []);
  assert.deepEqual(kinds('offline', 29), []);
});
