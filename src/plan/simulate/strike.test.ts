import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanFacts } from '../lint/plan-facts.ts';
import { parsePlan } from '../parse-plan.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { strikeOf } from './strike.ts';

const sites = `sites:
  east: { role: primary, region: eu-1 }
  west: { role: standby, region: eu-2 }
`;

const vaults = `vaults:
  beside: { location: /backup/beside }
  at-west: { location: /backup/west, site: west }
  at-east: { location: s3://east/x, site: east }
  same-region: { location: s3://same/x, region: eu-1, off_site: true }
  two-regions: { location: s3://two/x, region: eu-1, geo_redundant: true }
  copied: { location: s3://copied/x, region: eu-1, replication: { region: eu-2 } }
  away: { location: /mnt/away, off_site: true }
  bucket: { location: s3://bucket/x }
  locked: { location: /backup/locked, immutability: { mode: offline } }
`;

function struck(scenario: string, facts: PlanFacts = {}, places = sites, kept = vaults) {
  const { draft, findings } = parsePlan(
    `version: 1
metadata: { id: 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d77, name: Shop, owner: Jane Doe }
${kept}${places}systems:
  db: { source: { kind: sqlite, path: ./a.db }, schedule: hourly }
  far: { ${places === '' ? '' : 'site: west, '}source: { kind: sqlite, path: ./b.db }, schedule: hourly }
scenarios: { it: { ${scenario} } }
`,
    'lifeboat.yaml',
  );
  assert.ok(draft, JSON.stringify(findings));
  const plan = resolvePlan(draft.plan);
  const it = plan.scenarios['it'];
  assert.ok(it);
  const { systems, sites: gone, vaults: lost } = strikeOf(plan, it, facts);
  return { systems: [...systems], sites: [...gone], vaults: [...lost.keys()] };
}

test('the loss of a site takes the primary one, what stands there, and what is not known to be elsewhere', () => {
  assert.deepEqual(struck('kind: site-loss'), {
    systems: ['db'],
    sites: ['east'],
    vaults: ['beside', 'at-east', 'same-region', 'locked'],
  });
});

test('the loss of another site leaves what is beside the primary one', () => {
  assert.deepEqual(struck('kind: site-loss, strikes: { sites: [west] }'), {
    systems: ['far'],
    sites: ['west'],
    vaults: ['at-west'],
  });
});

test('the loss of everything takes sites that are ready as well', () => {
  assert.deepEqual(struck('kind: total-loss'), {
    systems: ['db', 'far'],
    sites: ['east', 'west'],
    vaults: ['beside', 'at-west', 'at-east', 'same-region', 'locked'],
  });
});

test('a plan without sites loses every system and every folder that is not off-site', () => {
  const kept = 'vaults: { beside: { location: ./b }, away: { location: ./a, off_site: true } }\n';
  assert.deepEqual(struck('kind: site-loss', {}, '', kept), {
    systems: ['db', 'far'],
    sites: [],
    vaults: ['beside'],
  });
});

test('ransomware damages folders that are neither off-site nor immutable', () => {
  const kept = vaults
    .replace(', site: west', '')
    .replace(', site: east', '')
    .replace(/ {2}same[\s\S]*?(?= {2}away)/, '');
  assert.deepEqual(struck('kind: ransomware', {}, '', kept).vaults, ['beside', 'at-west']);
});

test('naming systems does not save a folder from ransomware; naming vaults does', () => {
  const kept = 'vaults: { beside: { location: ./b }, away: { location: ./a, off_site: true } }\n';
  for (const kind of ['ransomware', 'security-breach']) {
    assert.deepEqual(struck(`kind: ${kind}, strikes: { systems: [db] }`, {}, '', kept).vaults, ['beside']);
    assert.deepEqual(
      struck(`kind: ${kind}, strikes: { systems: [db], vaults: [] }`, {}, '', kept).vaults,
      [],
    );
  }
});

test('what a scenario names is what it takes, and nothing else', () => {
  assert.deepEqual(struck('kind: ransomware, strikes: { systems: [far], vaults: [away] }'), {
    systems: ['far'],
    sites: [],
    vaults: ['away'],
  });
  assert.deepEqual(struck('kind: data-corruption').vaults, []);
});

test('a failed machine takes the vault on its disk', () => {
  const facts: PlanFacts = {
    vaultDevices: { beside: '1', away: '2' },
    sourceDevices: { db: ['1'], far: ['3'] },
  };
  assert.deepEqual(struck('kind: infrastructure-failure', facts).vaults, ['beside']);
  assert.deepEqual(struck('kind: infrastructure-failure').vaults, []);
});
