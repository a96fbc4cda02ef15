/** The documents of `vault policy`, word for word: whoever changes a right changes it here too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { azureLifeCycle, softDeleteDays } from '../../src/cli/policy/azure-life-cycle.ts';
import { azurePolicy, azureSettings } from '../../src/cli/policy/azure-policy.ts';
import { type PolicyRole, policyPlace, policyRoles } from '../../src/cli/policy/policy-place.ts';
import { policyWords } from '../../src/cli/policy/policy-words.ts';
import { s3LifeCycle } from '../../src/cli/policy/s3-life-cycle.ts';
import { type IamPolicy, s3Policy } from '../../src/cli/policy/s3-policy.ts';
import { s3Settings } from '../../src/cli/policy/s3-settings.ts';
import { parseLocation } from '../../src/config/location.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import { resolvePlan } from '../../src/plan/resolve-plan.ts';
import type { ResolvedVault } from '../../src/plan/resolved-plan.ts';
import { assertGolden } from '../e2e/golden-file.ts';

const workRoles = policyRoles.filter((role) => role !== 'store');

/** A vault as a plan declares it, at `location`. */
function placeOf(location: string, fields: string) {
  const text = `version: 1
metadata: { id: 0b1d6a3e-6c2b-4d0e-9a53-5a1e8f0f7a11, name: Shop, owner: Jane Doe, time_zone: UTC }
vaults: { away: { location: '${location}'${fields} } }
systems:
  uploads: { source: { kind: files, paths: [./uploads] }, schedule: daily, checks: [files] }
`;
  const { draft, findings } = parsePlan(text, 'lifeboat.yaml');
  assert.ok(draft, JSON.stringify(findings));
  const vault: ResolvedVault | undefined = resolvePlan(draft.plan).vaults[0];
  assert.ok(vault);
  return policyPlace(parseLocation(vault.location, '/'), vault.declared);
}

const kept = ', immutability: { mode: compliance, for: 30 days }';

function documentOf(role: PolicyRole, place: ReturnType<typeof policyPlace>): unknown {
  if (place.kind === 's3') return role === 'store' ? s3Settings(place) : s3Policy(role, place);
  return role === 'store' ? azureSettings(place) : azurePolicy(role, place);
}

for (const [name, place] of [
  [
    's3',
    placeOf(
      's3://shop-backups/vault',
      `${kept}, region: eu-central-1, storage_class: GLACIER, encryption: { algorithm: AES-256, at_rest: SSE-KMS }`,
    ),
  ],
  ['azure', placeOf('azure://shopbackups/vault/shop', `${kept}, storage_class: Archive`)],
] as const) {
  for (const role of policyRoles) {
    test(`${name}: ${role}`, () => {
      const golden = { document: documentOf(role, place), words: policyWords(role, place) };
      assertGolden(`policy/${name}-${role}.json`, `${JSON.stringify(golden, undefined, 2)}\n`);
    });
  }
}

function actionsOf({ Statement }: IamPolicy): ReadonlySet<string> {
  return new Set(Statement.flatMap(({ Action }) => Action));
}

test('no role deletes versions, shortens a retention, or changes the bucket', () => {
  const place = placeOf('s3://shop-backups/vault', kept);
  assert.equal(place.kind, 's3');
  for (const role of workRoles) {
    const actions = actionsOf(s3Policy(role, place));
    for (const action of actions) {
      assert.ok(!/Version$/.test(action) || action === 's3:GetObjectVersion', `${role}: ${action}`);
      assert.ok(
        !/Bypass|PutBucket|PutLifecycle|LegalHold$/.test(action) || action === 's3:GetObjectLegalHold',
        `${role}: ${action}`,
      );
      assert.ok(!action.includes('*'), `${role}: ${action}`);
    }
  }
});

test('no object outside the folder of the vault is named', () => {
  const place = placeOf('s3://shop-backups/vault', kept);
  assert.equal(place.kind, 's3');
  for (const role of workRoles)
    for (const { Action, Resource } of s3Policy(role, place).Statement)
      for (const resource of Resource) {
        const isBucket = resource === 'arn:aws:s3:::shop-backups';
        assert.ok(
          isBucket || resource.startsWith('arn:aws:s3:::shop-backups/vault/'),
          `${Action}: ${resource}`,
        );
      }
});

test('what the plan does not promise is not in the policy', () => {
  const plain = placeOf('s3://shop-backups', '');
  assert.equal(plain.kind, 's3');
  for (const role of workRoles) {
    const policy = s3Policy(role, plain);
    assert.deepEqual(
      [...actionsOf(policy)].filter((action) => /Retention|kms|Restore/.test(action)),
      [],
      role,
    );
    assert.ok(policy.Statement.every(({ Condition }) => Condition?.['StringLikeIfExists'] === undefined));
  }
  assert.ok(!('put-object-lock-configuration' in s3Settings(plain)));
  assert.ok(policyWords('backup', plain).some((line) => line.includes('no `immutability`')));
  assert.equal(azurePermissions('azure://shopbackups/vault', ''), 'rcdl');
  assert.equal(azurePermissions('azure://shopbackups/vault', kept), 'rcdli');
});

function azurePermissions(location: string, fields: string): string {
  const place = placeOf(location, fields);
  assert.equal(place.kind, 'azure');
  return azurePolicy('backup', place).sas.permissions;
}

test('other partitions and a key by its name', () => {
  const arn = 'arn:aws-cn:kms:cn-north-1:123456789012:key/abc';
  const place = placeOf(
    's3://b-ucket/v',
    `, region: cn-north-1, encryption: { algorithm: AES-256, at_rest: 'SSE-KMS ${arn}' }`,
  );
  assert.equal(place.kind, 's3');
  const { Statement } = s3Policy('restore', place);
  assert.ok(
    Statement.flatMap(({ Resource }) => Resource).every((resource) => resource.startsWith('arn:aws-cn:')),
  );
  assert.deepEqual(Statement.find(({ Sid }) => Sid === 'UseKey')?.Resource, [arn]);
});

const month = '{ transition: { after: 30 days, storage_class: GLACIER }, expire_after: 90 days }';

function s3Rules(fields: string) {
  const place = placeOf('s3://shop-backups/vault', fields);
  assert.equal(place.kind, 's3');
  return s3LifeCycle(place);
}

test('S3: what the plan says of versions takes the place of what every vault wants', () => {
  const daysOf = (fields: string) =>
    s3Rules(fields).find(({ ID }) => ID === 'lifeboat-deleted')?.NoncurrentVersionExpiration?.NoncurrentDays;
  assert.equal(daysOf(''), 30);
  assert.equal(daysOf(', immutability: { mode: compliance, for: 60 days }'), 61);
  assert.equal(daysOf(`, lifecycle: [${month}]`), 90, 'the earlier of two rules would count');
  assert.equal(daysOf(', lifecycle: [{ expire_after: 36 h }]'), 2, 'a part of a day is one');
  assert.equal(daysOf(', lifecycle: [{ prefix: vault/locks/, expire_after: 1 day }]'), 30, 'of a part only');
  assert.equal(daysOf(`, lifecycle: [{ prefix: logs/, expire_after: 1 day }]`), 30, 'of somebody else');
  const moved = '{ transition: { after: 30 days, storage_class: GLACIER } }';
  assert.equal(daysOf(`, lifecycle: [${moved}]`), undefined, 'nothing says when they go');
  assert.equal(daysOf(`, ${'immutability: { mode: governance, for: 90 days }'}, lifecycle: [${month}]`), 91);
});

test('S3: a rule of the plan becomes a rule of the bucket', () => {
  assert.deepEqual(
    s3Rules(
      `, lifecycle: [${month}, { name: Old, prefix: logs/, applies_to: current, expire_after: 9 days }, {}]`,
    ).slice(3),
    [
      {
        ID: 'plan-1',
        Status: 'Enabled',
        Filter: { Prefix: 'vault/' },
        NoncurrentVersionTransitions: [{ NoncurrentDays: 30, StorageClass: 'GLACIER' }],
        NoncurrentVersionExpiration: { NoncurrentDays: 90 },
      },
      { ID: 'Old', Status: 'Enabled', Filter: { Prefix: 'logs/' }, Expiration: { Days: 9 } },
    ],
  );
  const twins = s3Rules(
    ', lifecycle: [{ name: a, expire_after: 9 days }, { name: a, expire_after: 8 days }]',
  );
  assert.equal(new Set(twins.map(({ ID }) => ID)).size, twins.length, 'S3 takes no name twice');
});

test('Azure: a rule of the plan becomes a rule of the account', () => {
  const place = placeOf(
    'azure://shopbackups/vault/shop',
    ', lifecycle: [{ name: old, transition: { after: 30 days, storage_class: Archive }, expire_after: 210 days }, { applies_to: current, prefix: shop/data/, transition: { after: 2 days, storage_class: Cool } }]',
  );
  assert.equal(place.kind, 'azure');
  const { rules } = azureLifeCycle(place);
  const deletes = rules.find(({ name }) => name === 'lifeboat-deleted');
  assert.deepEqual(deletes?.definition.actions, {
    version: { delete: { daysAfterCreationGreaterThan: 210 } },
  });
  assert.deepEqual(
    rules.slice(2).map(({ name, definition }) => ({ name, ...definition })),
    [
      {
        name: 'old',
        filters: { blobTypes: ['blockBlob'], prefixMatch: ['vault/shop/'] },
        actions: {
          version: {
            tierToArchive: { daysAfterCreationGreaterThan: 30 },
            delete: { daysAfterCreationGreaterThan: 210 },
          },
        },
      },
      {
        name: 'plan-2',
        filters: { blobTypes: ['blockBlob'], prefixMatch: ['vault/shop/data/'] },
        actions: { baseBlob: { tierToCool: { daysAfterModificationGreaterThan: 2 } } },
      },
    ],
  );
  assert.equal(softDeleteDays(place), 30);
});

test('a folder has no policies', () => {
  assert.throws(() => placeOf('/mnt/backup', ''), { code: 'USAGE', message: /is a folder/ });
});
