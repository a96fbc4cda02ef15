/** The settings of a bucket that the roles rely on, each as `aws s3api NAME --cli-input-json` takes it. Pure. */
import type { S3Place } from './policy-place.ts';
import { s3LifeCycle } from './s3-life-cycle.ts';
import { bucketArn } from './s3-policy.ts';

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
    'put-bucket-lifecycle-configuration': { Bucket, LifecycleConfiguration: { Rules: s3LifeCycle(place) } },
    'put-bucket-policy': { Bucket, Policy: JSON.stringify(bucketPolicy(place)) },
  };
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
