import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { formatDuration } from './duration.ts';
import { parsePlan } from './parse-plan.ts';
import { planHash } from './plan-hash.ts';
import { resolvePlan } from './resolve-plan.ts';
import type { ResolvedPlan } from './resolved-plan.ts';
import { systemHash } from './system-hash.ts';

const base = {
  version: 1,
  metadata: { id: '5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11', name: 'Shop', owner: 'Jane' },
  vaults: { here: { location: '/a', password: '${env:A}' }, away: { location: '/b', role: 'secondary' } },
  tiers: { critical: { rpo: '1 h', rto: '90 min' } },
  systems: {
    db: {
      tier: 'critical',
      source: { kind: 'sqlite', path: './x.db', max_writer_pause: '5 s' },
      schedule: 'daily at 02:00 UTC',
      retention: { daily: 7, within: '3 days' },
      checks: ['integrity', { kind: 'sql', query: 'select 1', expect: 1, tolerance: '1%' }],
    },
    files: { depends_on: ['db'], source: { kind: 'files', paths: ['./a', './b'] }, vaults: ['here', 'away'] },
  },
};

test('order of keys, layout, comments and equivalent durations never change a hash', () => {
  const expected = hashes(base);
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(2, 4, 7), fc.boolean(), (seed, indent, flow) => {
      const text = stringify(shuffled(base, seed), { indent, collectionStyle: flow ? 'flow' : 'any' });
      const commented = flow ? `# ${seed}\n${text}` : text.replaceAll('\n', ` # ${seed}\n`);
      assert.deepEqual(hashes(respelled(commented, seed)), expected);
    }),
    { numRuns: 100 },
  );
});

const equivalent: readonly (readonly [string, string])[] = [
  ['role: secondary', 'role: secondary\n    off_site: false'],
  ['daily at 02:00 UTC', 'daily at 2:00 UTC'],
  ['  - integrity', '  - kind: integrity'],
];

test('a default that is written out, another spelling of a schedule and a check in full mean the same', () => {
  for (const [before, after] of equivalent) {
    assert.equal(hashes(replaced(before, after)).plan, hashes(base).plan, after);
  }
  assert.equal(hashes(replaced('max_writer_pause: 5 s', '')).plan, hashes(base).plan);
});

const meanings: readonly (readonly [string, string, boolean])[] = [
  ['rpo: 1 h', 'rpo: 2 h', false],
  ['location: /a', 'location: /c', false],
  ['${env:A}', '${env:B}', false],
  ['daily: 7', 'daily: 8', false],
  ['02:00 UTC', '03:00 UTC', false],
  ['owner: Jane', 'owner: Joan', false],
  ['path: ./x.db', 'path: ./y.db', true],
  ['max_writer_pause: 5 s', 'max_writer_pause: 6 s', true],
  ['expect: 1', 'expect: "1"', true],
  ['tolerance: 1%', 'tolerance: 2%', true],
];

test('what changes the meaning changes the hash, and only source and checks change the hash of a system', () => {
  const before = hashes(base);
  for (const [from, to, changesSystem] of meanings) {
    const after = hashes(replaced(from, to));
    assert.notEqual(after.plan, before.plan, to);
    assert.equal(after.systems['db'] !== before.systems['db'], changesSystem, to);
    assert.equal(after.systems['files'], before.systems['files'], to);
  }
});

test('the hash of a known plan stays what it is', () => {
  assert.match(hashes(base).plan, /^v1:[0-9a-f]{64}$/);
  assert.equal(hashes(base).plan, 'v1:3e064f4dff9971e4c82a22c4472074fc3ea7c6915f8f6b6993f3fe84d3028d3c');
});

function replaced(from: string, to: string): string {
  const text = stringify(base);
  assert.ok(text.includes(from), from);
  return text.replace(from, to);
}

function hashes(plan: unknown): {
  readonly plan: string;
  readonly systems: Readonly<Record<string, string>>;
} {
  const resolved = resolve(typeof plan === 'string' ? plan : stringify(plan));
  const systems = Object.fromEntries(resolved.systems.map((system) => [system.name, systemHash(system)]));
  return { plan: planHash(resolved), systems };
}

function resolve(text: string): ResolvedPlan {
  const { plan, findings } = parsePlan(text, 'p');
  assert.ok(plan !== undefined, JSON.stringify(findings));
  return resolvePlan(plan);
}

/** The same data with its keys in another order; lists keep theirs. */
function shuffled(value: unknown, seed: number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, seed));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, shuffled(inner, seed)] as const);
  return Object.fromEntries(entries.toSorted(([left], [right]) => rank(left, seed) - rank(right, seed)));
}

function rank(key: string, seed: number): number {
  return [...key].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0) * (seed % 97)) % 1009, seed % 1009);
}

function respelled(text: string, seed: number): string {
  const hours = ['1 h', '60 min', '3600s', '1 hour', formatDuration(3_600_000)];
  const ninety = ['90 min', '1 h 30 min', '1.5h', '5400 seconds'];
  return text
    .replace('rpo: 1 h', `rpo: ${hours[Math.abs(seed) % hours.length]}`)
    .replace('rto: 90 min', `rto: ${ninety[Math.abs(seed) % ninety.length]}`);
}
