/** What a policy document allows, what it does not, and what it leans on: for whoever puts it in force. Pure. */
import { softDeleteDays } from './azure-life-cycle.ts';
import type { PolicyPlace, PolicyRole } from './policy-place.ts';
import { versionDays } from './version-days.ts';

export function policyWords(role: PolicyRole, place: PolicyPlace): readonly string[] {
  const words =
    place.kind === 's3' ? s3Words(role, place.retainedDays !== undefined) : azureWords(role, place);
  return role === 'store' ? [...words, ...lifeCycleWords(place)] : words;
}

/** What becomes of the rules of the plan. */
function lifeCycleWords(place: PolicyPlace): readonly string[] {
  const count = place.lifecycle.length;
  const plan =
    count === 0
      ? []
      : [`${count === 1 ? 'A rule' : `${count} rules`} of the plan: after those that every vault wants.`];
  return [...plan, versionWords(place, versionDays(place))];
}

function versionWords(place: PolicyPlace, days: number | undefined): string {
  if (days === undefined)
    return 'A rule of the plan never deletes versions, so none does: they are kept, and paid for, until somebody deletes them.';
  return place.kind === 's3'
    ? `Versions go after ${days} days, or sooner by a rule of the plan on a part of the vault: of two rules the earlier one counts.`
    : `A version goes ${days} days after it was written, and soft delete keeps it for ${softDeleteDays(place)} days more.`;
}

const s3Roles: Readonly<Record<PolicyRole, readonly string[]>> = {
  backup: [
    'May read, list, create what is not there yet, and delete locks. Set `append_only: true` for the vault on this machine: every put must carry If-None-Match.',
    'May not replace, delete anything else, delete versions, or shorten a retention.',
    'S3 checks the header (condition key s3:if-none-match). A server that ignores condition keys lets this key replace: there only versions keep what was.',
  ],
  prune: [
    'May read, write data and index, and delete snapshots, data, index and marks. Keep it apart from the machines that back up.',
    'May not touch keys and config, delete versions, or shorten a retention.',
    'In a bucket with versions a delete hides; the life cycle of the bucket (--for store) removes it for good when its retention is over.',
  ],
  restore: [
    'May read, list, thaw where the plan has a cold class, keep locks while it reads, and leave records.',
    'May not write or delete data, index, snapshots, keys or config.',
  ],
  audit: [
    'May read, list versions and retentions, see the settings of the bucket, keep locks while it reads, and leave records.',
    'May not write or delete data, retain, or release. `vault audit --extend` needs the backup policy.',
  ],
  store: [
    'Each field goes to `aws s3api NAME --cli-input-json`. Object lock is best turned on when the bucket is made.',
    'Versions that were replaced or deleted are removed after the days given; current ones never, but for probes.',
    'The rules take the place of all that the bucket has: `put-bucket-lifecycle-configuration` replaces, it does not add.',
  ],
};

function s3Words(role: PolicyRole, isRetained: boolean): readonly string[] {
  const words = s3Roles[role];
  if (isRetained || role === 'restore' || role === 'audit') return words;
  return [
    ...words,
    'The plan asks for no `immutability` of this vault: nothing keeps the prune key, or an administrator, from deleting it.',
  ];
}

const azureRoles: Readonly<Record<PolicyRole, readonly string[]>> = {
  backup: [
    'A SAS: read, create, list, and delete for locks. Set `append_only: true` for the vault on this machine.',
    'May not replace a blob or delete a version (no w, x, y). There is no role for an identity: Azure has no right that creates large blobs and replaces none.',
    'Delete cannot be held to locks: a thief can hide blobs, which stay as versions. Turn on versions and version-level immutability (--for store) before you give it out.',
  ],
  prune: [
    'Read, create, replace, delete, list. Keep it apart from the machines that back up.',
    'May not delete versions (no x, y), and so nothing that is retained.',
  ],
  restore: [
    'Read, list, create and delete for locks and records; replace only where blobs are thawed, which moves them to another tier.',
    'May not delete versions. Azure cannot hold it to a folder: what it deletes or replaces stays as a version.',
  ],
  audit: [
    'Read, list, create and delete for locks and records.',
    'May not replace blobs, delete versions, or release a retention.',
  ],
  store: [
    'Each field is named for the command of `az` that takes it. Version-level immutability is chosen when the container is made.',
    'Azure counts the age of a version from the day it was written: an old one goes on the day after it was deleted, and then only soft delete keeps it.',
    'The management policy and soft delete are of the whole account: add the rules to those that it has.',
    'Never lock a policy of the whole container: locks, marks and what retention gives up could not be deleted for its whole time, nor could a mistake be mended.',
  ],
};

function azureWords(role: PolicyRole, { retainedDays }: PolicyPlace): readonly string[] {
  const words = azureRoles[role];
  if (retainedDays !== undefined || role === 'store') return words;
  return [
    ...words,
    'The plan asks for no `immutability` of this vault: a version can be deleted by whoever may delete versions.',
  ];
}
