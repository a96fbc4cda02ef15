import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintHits, planHead } from '../../test/support/lint-hits.ts';
import { readinessClaim } from './lint/readiness-claim.ts';
import { parsePlan } from './parse-plan.ts';
import type { ReadinessItem } from './readiness.ts';
import { readinessOf } from './readiness.ts';
import { resolvePlan } from './resolve-plan.ts';
import { readinessItems } from './schema/governance-schema.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');

const ready = `vaults: { here: { location: /a, access: { delete_by: [jane] }, retention: { daily: 30 } } }
sites: { east: { role: primary, region: us-east-1 }, west: { role: standby, region: us-west-2 } }
systems:
  db: { source: { kind: sqlite, path: x }, schedule: hourly, checks: [integrity], objectives: { rto: 1 h } }
  art: { source: { kind: files, paths: [x] }, schedule: daily, checks: [files] }
  settings: { source: { kind: env, files: [.env] }, schedule: daily, checks: [files] }
failovers: { out: { from: east, to: west, runbook: move, failback: back } }
runbooks: { move: { steps: [{ do: check }] }, back: { steps: [{ do: check }] } }
scenarios: { gone: { kind: site-loss, failover: out } }
drills: { full: { kind: full, every: quarterly } }
channels: { mail: { kind: email } }
alerts: { a: { when: backup-failed, channels: [mail] }, b: { when: restore-test-failed, channels: [mail] }, c: { when: backup-age, channels: [mail] } }
contacts: { jane: { name: Jane, phone: "1", verified: "2026-10-01" } }
compliance: { frameworks: { pci: { controls: { safe: { requires: Safe., shown_by: [access-control] } } } } }
training: { restore: { who: [jane], topic: restoring, every: annually, last: "2026-01-10" } }
insurance: { cyber: { insurer: I, policy: P, covers: [ransomware], valid_until: "2027-06-30", verified: "2026-09-01" } }
budget: { currency: EUR, lines: { a: { monthly: 1 } }, approved_by: [jane] }
readiness: { items: [${readinessItems.join(', ')}] }
`;

function states(plan: string, now?: number): ReadonlyMap<ReadinessItem, string> {
  const parsed = parsePlan(planHead + plan, 'p');
  assert.deepEqual(parsed.findings, []);
  assert.ok(parsed.plan !== undefined);
  return new Map(readinessOf(resolvePlan(parsed.plan), now).map(({ item, state }) => [item, state]));
}

test('a plan that has everything is ready, item by item', () => {
  const found = states(ready, nowMs);
  assert.deepEqual([...found.keys()].toSorted(), [...readinessItems].toSorted());
  assert.deepEqual(
    [...found].filter(([, state]) => state !== 'met'),
    [],
  );
  assert.deepEqual(lintHits(ready, 'readiness-claim', { nowMs }), []);
});

test('an empty plan is ready in nothing', () => {
  const found = states('vaults: { here: { location: /a } }\nsystems: { a: {} }\n', nowMs);
  assert.deepEqual(
    [...found].filter(([, state]) => state !== 'not met'),
    [],
  );
});

test('without the time, what depends on dates is not known, and nothing is said about it', () => {
  const unknown = [...states(ready)].filter(([, state]) => state === 'unknown').map(([item]) => item);
  assert.deepEqual(unknown.toSorted(), ['contacts-current', 'insurance-verified', 'team-trained']);
  assert.deepEqual(lintHits(ready, 'readiness-claim'), []);
});

const breaks: readonly (readonly [item: ReadinessItem, what: string, instead: string, reason: RegExp])[] = [
  ['database-backups', 'schedule: hourly', 'content: [orders]', /db has no schedule/],
  ['file-backups', 'checks: [files] }\n  settings', 'checks: [] }\n  settings', /art has no check/],
  [
    'configuration-backups',
    'files: [.env] }, schedule: daily',
    'files: [.env] }',
    /settings has no schedule/,
  ],
  ['multi-region', 'us-west-2', 'us-east-1', /all sites are in us-east-1/],
  ['failover-documented', ', failback: back', '', /out has no runbook for the way back/],
  [
    'verification-automated',
    'checks: [integrity]',
    'checks: [integrity], proof: { level: listed }',
    /a file in a list counts as proof of db/,
  ],
  ['drills-scheduled', 'kind: full', 'kind: restore', /none of the 1 drills is a full one/],
  ['alerts-configured', 'when: backup-age', 'when: capacity', /no alert for backup-age/],
  [
    'runbooks-written',
    'back: { steps: [{ do: check }]',
    'back: { steps: [{ do: restore }]',
    /back does not say how it is seen/,
  ],
  ['contacts-current', '2026-10-01', '2026-01-01', /jane was last tried 324 days ago/],
  ['contacts-current', 'phone: "1", ', '', /jane cannot be reached/],
  ['compliance-met', '[access-control]', '[immutability]', /pci.safe: no vault is immutable/],
  [
    'team-trained',
    '2026-01-10',
    '2025-01-10',
    /restore was last held 680 days ago, and is to be held annually/,
  ],
  ['insurance-verified', '2027-06-30', '2026-11-20', /cyber ended on 2026-11-20/],
  [
    'insurance-verified',
    ', verified: "2026-09-01"',
    '',
    /nobody says when the cover of cyber was last verified/,
  ],
  ['budget-allocated', ', approved_by: [jane]', '', /nobody has approved the budget/],
  [
    'tests-scheduled',
    'every: quarterly',
    'every: quarterly, measures: [integrity]',
    /no test measures how long/,
  ],
];

for (const [item, what, instead, reason] of breaks) {
  test(`${item} is not met: ${reason.source}`, () => {
    const only = ready.replace(/items: \[.*\]/, `items: [${item}]`);
    assert.ok(only.includes(what), what);
    assert.deepEqual(lintHits(only, 'readiness-claim', { nowMs }), []);
    const [hit, ...more] = lintHits(only.replace(what, instead), 'readiness-claim', { nowMs });
    assert.match(hit?.message ?? '', reason);
    assert.deepEqual([hit?.path, hit?.severity, more], ['readiness.items[0]', 'warning', []]);
  });
}

test('an item that is not met is an error when the plan claims to be ready', () => {
  const claimed = ready
    .replace('readiness: {', 'readiness: { claimed: true,')
    .replace('kind: full', 'kind: table-top');
  assert.deepEqual(
    lintHits(claimed, 'readiness-claim', { nowMs }).map(({ severity, path }) => [severity, path]),
    [
      ['error', 'readiness.items[6]'],
      ['error', 'readiness.items[14]'],
    ],
  );
});

const bare = 'vaults: { here: { location: /a } }\nsystems: { a: {} }\n';

function claims(text: string, rest = '', now?: number): readonly string[] {
  const head = planHead.replace('owner: Jane', `owner: Jane, claims: [${text}]`);
  const parsed = parsePlan(head + bare + rest, 'p');
  assert.deepEqual(parsed.findings, []);
  assert.ok(parsed.plan !== undefined);
  return readinessClaim
    .check(resolvePlan(parsed.plan), now === undefined ? {} : { nowMs: now }, parsed.plan)
    .map(({ message }) => message);
}

test('a claim is held against what shows it', () => {
  const says = 'says: Complete and tested.';
  const drill = 'drills: { full: { kind: full, every: quarterly } }\n';
  assert.deepEqual(claims(`{ ${says} }`), ['"Complete and tested" is a claim: nothing in the plan shows it']);
  assert.match(claims(`{ ${says}, shown_by: [drills] }`)[0] ?? '', /there is none/);
  assert.match(
    claims(`{ ${says}, shown_by: [drills] }`, drill)[0] ?? '',
    /nothing says when it was last shown/,
  );
  const shown = `{ ${says}, shown_by: [drills], last_shown: "2025-01-01" }`;
  assert.deepEqual(claims(shown, drill), []);
  assert.match(claims(shown, drill, nowMs)[0] ?? '', /last shown 689 days ago/);
});
