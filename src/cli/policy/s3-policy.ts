/**
 * Policies of IAM, one for each role, with no right that the role does not use. Pure.
 *
 * What carries the promise that a stolen backup key cannot empty the vault: it puts only with `If-None-Match`, so that
 * nothing is replaced; it deletes only locks; and it has neither DeleteObjectVersion nor BypassGovernanceRetention.
 */
import type { PolicyRole, S3Place } from './policy-place.ts';

export interface IamPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly IamStatement[];
}

export interface IamStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export function s3Policy(role: Exclude<PolicyRole, 'store'>, place: S3Place): IamPolicy {
  return { Version: '2012-10-17', Statement: statementsOf(role, place) };
}

function statementsOf(role: Exclude<PolicyRole, 'store'>, place: S3Place): readonly IamStatement[] {
  switch (role) {
    case 'backup':
      return [
        ...reading(place),
        ...creating(place),
        ...(place.retainedDays === undefined
          ? []
          : [listing(place, 'ListVersions', 's3:ListBucketVersions')]),
        allow('DeleteLocks', ['s3:DeleteObject'], lockArns(place)),
        ...retaining(place, ['*']),
        ...keyOf(place),
      ];
    case 'prune':
      return [
        ...reading(place),
        allow('PutData', ['s3:PutObject', 's3:AbortMultipartUpload'], arns(place, prunePuts)),
        allow('DeleteData', ['s3:DeleteObject'], [...arns(place, pruneDeletes), ...lockArns(place)]),
        ...retaining(place, prunePuts),
        ...keyOf(place),
      ];
    case 'restore':
      return [
        ...reading(place),
        ...keepingRecords(place),
        ...(place.isCold ? [allow('Thaw', ['s3:RestoreObject'], arns(place, ['data/*']))] : []),
        ...keyOf(place),
      ];
    case 'audit':
      return [
        ...reading(place),
        allow('ReadVersions', ['s3:GetObjectVersion', 's3:GetObjectLegalHold'], arns(place, ['*'])),
        listing(place, 'ListVersions', 's3:ListBucketVersions'),
        allow(
          'ReadSettings',
          [
            's3:GetBucketVersioning',
            's3:GetBucketObjectLockConfiguration',
            's3:GetLifecycleConfiguration',
            's3:GetBucketPolicy',
          ],
          [bucketArn(place)],
        ),
        ...keepingRecords(place),
        ...keyOf(place),
      ];
  }
}

/** Packs and index are rewritten; records, marks, requests and plans are kept. Neither keys nor config nor snapshots. */
const prunePuts = [
  'data/*',
  'index/*',
  'locks/*',
  'lifeboat/prune/*',
  'lifeboat/evidence/*',
  'lifeboat/plan/*',
  'lifeboat/spare/*',
];
const pruneDeletes = ['data/*', 'index/*', 'snapshots/*', 'lifeboat/prune/*'];
/** What whoever reads leaves behind: a lock while it reads, and what it found. */
const recordPlaces = ['locks/*', 'lifeboat/evidence/*', 'lifeboat/spare/evidence/*'];

function reading(place: S3Place): readonly IamStatement[] {
  const look = place.retainedDays === undefined ? [] : ['s3:GetObjectRetention'];
  return [
    listing(place, 'List', 's3:ListBucket'),
    allow('Read', ['s3:GetObject', ...look], arns(place, ['*'])),
  ];
}

/**
 * A request that names no prefix is let through as well: S3 asks the same right, without a prefix, before it says that
 * an object is absent, and would call the absent forbidden.
 */
function listing(place: S3Place, sid: string, action: string): IamStatement {
  const statement = allow(sid, [action], [bucketArn(place)]);
  if (place.folder === '') return statement;
  return { ...statement, Condition: { StringLikeIfExists: { 's3:prefix': [`${place.folder}*`] } } };
}

/** Parts of a large object carry no condition; the request that makes an object of them does. */
function creating(place: S3Place): readonly IamStatement[] {
  const all = arns(place, ['*']);
  return [
    { ...allow('Create', ['s3:PutObject'], all), Condition: { Null: { 's3:if-none-match': 'false' } } },
    {
      ...allow('UploadParts', ['s3:PutObject'], all),
      Condition: { Bool: { 's3:ObjectCreationOperation': 'false' } },
    },
    allow('GiveUpParts', ['s3:AbortMultipartUpload'], all),
  ];
}

/** Without a condition, for a rescue knows no plan, and so does not know that it should only create. */
function keepingRecords(place: S3Place): readonly IamStatement[] {
  return [
    allow('KeepRecords', ['s3:PutObject'], arns(place, recordPlaces)),
    allow('DeleteLocks', ['s3:DeleteObject'], lockArns(place)),
    ...retaining(place, recordPlaces),
  ];
}

/** A day more than the plan says, for clocks differ; no thief retains his rubbish for a century. */
function retaining(place: S3Place, below: readonly string[]): readonly IamStatement[] {
  if (place.retainedDays === undefined) return [];
  const days = String(place.retainedDays + 1);
  return [
    {
      ...allow('Retain', ['s3:PutObjectRetention'], arns(place, below)),
      Condition: { NumericLessThanEquals: { 's3:object-lock-remaining-retention-days': days } },
    },
  ];
}

/** Every role writes something, a lock at least. */
function keyOf({ kmsKey, partition, region }: S3Place): readonly IamStatement[] {
  if (kmsKey === undefined) return [];
  const actions = ['kms:Decrypt', 'kms:GenerateDataKey'];
  if (kmsKey !== 'any') return [allow('UseKey', actions, [kmsKey])];
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  const statement = allow('UseKey', actions, [`arn:${partition}:kms:${region ?? '*'}:*:key/*`]);
  return [{ ...statement, Condition: { StringLike: { 'kms:ViaService': `s3.${region ?? '*'}.${suffix}` } } }];
}

/** Those of the vault, and of repositories with keys of their own below it. */
function lockArns(place: S3Place): readonly string[] {
  return arns(place, ['locks/*', 'lifeboat/repositories/*/locks/*']);
}

function arns(place: S3Place, below: readonly string[]): readonly string[] {
  return below.map((key) => `${bucketArn(place)}/${place.folder}${key}`);
}

export function bucketArn({ partition, bucket }: S3Place): string {
  return `arn:${partition}:s3:::${bucket}`;
}

function allow(Sid: string, Action: readonly string[], Resource: readonly string[]): IamStatement {
  return { Sid, Effect: 'Allow', Action, Resource };
}
