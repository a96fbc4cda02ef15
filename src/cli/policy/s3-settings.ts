/** The settings of a bucket that the roles rely on, each as `aws s3api NAME --cli-input-json` takes it. Pure. */
import type { S3Place } from './policy-place.ts';
import { bucketArn } from './s3-policy.ts';

/** What a prune or a thief deleted stays as a version for so long at least. */
const noncurrentDaysMin = 30;
/** A retention is over before the life cycle looks at the version. */
const noncurrentSlackDays = 1;
const probeDays = 2;
const unfinishedUploadDays = 7;

export function s3Settings(place: S3Place): Readonly<Record<string, unknown>> {
  const { bucket: Bucket } = place;
  return {
    'put-bucket-versioning': { Bucket, VersioningConfiguration: { Status: 'Enabled' } },
    ...(place.retainedDays === undefined
      ? {}
      : {
          'put-object-lock-configuration': {
            Bucket,
            ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' },
          },
        }),
    'put-public-access-block': {
      Bucket,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
    },
    'put-bucket-lifecycle-configuration': { Bucket, LifecycleConfiguration: { Rules: rulesOf(place) } },
    'put-bucket-policy': { Bucket, Policy: JSON.stringify(bucketPolicy(place)) },
  };
}

/** No rule deletes a current version but of probes: what is needed is not for a life cycle to know. */
function rulesOf(place: S3Place) {
  const { folder, retainedDays = 0 } = place;
  const NoncurrentDays = Math.max(noncurrentDaysMin, retainedDays + noncurrentSlackDays);
  return [
    {
      ID: 'lifeboat-deleted',
      Status: 'Enabled',
      Filter: { Prefix: folder },
      NoncurrentVersionExpiration: { NoncurrentDays },
      Expiration: { ExpiredObjectDeleteMarker: true },
    },
    {
      ID: 'lifeboat-unfinished',
      Status: 'Enabled',
      Filter: { Prefix: folder },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: unfinishedUploadDays },
    },
    {
      ID: 'lifeboat-probes',
      Status: 'Enabled',
      Filter: { Prefix: `${folder}lifeboat/probe/` },
      Expiration: { Days: probeDays },
    },
  ];
}

/** For whoever comes, with whatever policy. */
function bucketPolicy(place: S3Place) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'OnlyOverTls',
        Effect: 'Deny',
        Principal: '*',
        Action: ['s3:*'],
        Resource: [bucketArn(place), `${bucketArn(place)}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  };
}
