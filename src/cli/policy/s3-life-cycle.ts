/**
 * The life cycle of a bucket: what every vault wants of it, and what the plan says of this one. Pure.
 *
 * Where two rules of S3 delete the same version, the earlier one counts. What every vault wants therefore steps back
 * behind what the plan says: it deletes after the longest time that a rule of the plan has, and not at all where one
 * of them moves versions and never deletes them.
 */
import type { LifecycleRule } from '../../plan/lifecycle-faults.ts';
import type { S3Place } from './policy-place.ts';
import { versionDays, wholeDays } from './version-days.ts';

const probeDays = 2;
const unfinishedUploadDays = 7;

export interface S3LifeCycleRule {
  readonly ID: string;
  readonly Status: 'Enabled';
  readonly Filter: { readonly Prefix: string };
  readonly Transitions?: readonly { readonly Days: number; readonly StorageClass: string }[];
  readonly Expiration?: { readonly Days: number } | { readonly ExpiredObjectDeleteMarker: true };
  readonly NoncurrentVersionTransitions?: readonly {
    readonly NoncurrentDays: number;
    readonly StorageClass: string;
  }[];
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number };
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation: number };
}

/** Rules as `aws s3api put-bucket-lifecycle-configuration` takes them. No rule of ours deletes a current version but of probes. */
export function s3LifeCycle(place: S3Place): readonly S3LifeCycleRule[] {
  const { folder, lifecycle } = place;
  const NoncurrentDays = versionDays(place);
  const rule = (ID: string, Prefix: string) => ({ ID, Status: 'Enabled', Filter: { Prefix } }) as const;
  return [
    {
      ...rule('lifeboat-deleted', folder),
      ...(NoncurrentDays === undefined ? {} : { NoncurrentVersionExpiration: { NoncurrentDays } }),
      Expiration: { ExpiredObjectDeleteMarker: true },
    },
    {
      ...rule('lifeboat-unfinished', folder),
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: unfinishedUploadDays },
    },
    { ...rule('lifeboat-probes', `${folder}lifeboat/probe/`), Expiration: { Days: probeDays } },
    ...lifecycle.map((each, index) => ({
      ...rule(nameOf(each, index, lifecycle), each.prefix ?? folder),
      ...(each.applies_to === 'current' ? ofCurrent(each) : ofNoncurrent(each)),
    })),
  ];
}

function ofCurrent({ transition, expire_after: expiry }: LifecycleRule) {
  return {
    ...(transition === undefined
      ? {}
      : { Transitions: [{ Days: wholeDays(transition.after), StorageClass: transition.storage_class }] }),
    ...(expiry === undefined ? {} : { Expiration: { Days: wholeDays(expiry) } }),
  };
}

function ofNoncurrent({ transition, expire_after: expiry }: LifecycleRule) {
  return {
    ...(transition === undefined
      ? {}
      : {
          NoncurrentVersionTransitions: [
            { NoncurrentDays: wholeDays(transition.after), StorageClass: transition.storage_class },
          ],
        }),
    ...(expiry === undefined ? {} : { NoncurrentVersionExpiration: { NoncurrentDays: wholeDays(expiry) } }),
  };
}

/** A name must be there once; the rules of a plan need none. */
export function nameOf({ name }: LifecycleRule, index: number, rules: readonly LifecycleRule[]): string {
  if (name === undefined) return `plan-${index + 1}`;
  return rules.filter((each) => each.name === name).length === 1 ? name : `${name}-${index + 1}`;
}
