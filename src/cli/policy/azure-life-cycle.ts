/**
 * The management policy of a storage account: what every vault wants of it, and what the plan says of this one. Pure.
 *
 * Azure counts the age of a version from the day it was written, not from the day it was replaced or deleted (source:
 * Microsoft, "Lifecycle management policy structure"). A pack that is a year old and is deleted today is a version
 * that is a year old; what keeps it is its retention, and the days of soft delete.
 */
import type { LifecycleRule } from '../../plan/lifecycle-faults.ts';
import type { AzurePlace } from './policy-place.ts';
import { nameOf } from './s3-life-cycle.ts';
import { versionDays, wholeDays } from './version-days.ts';

const probeDays = 2;
/** Source: Azure Blob Storage, soft delete for blobs. */
const softDeleteDaysMax = 365;

export function azureLifeCycle(place: AzurePlace) {
  const { container, folder, lifecycle } = place;
  const days = versionDays(place);
  return {
    rules: [
      ...(days === undefined
        ? []
        : [
            rule('lifeboat-deleted', `${container}/${folder}`, {
              version: { delete: { daysAfterCreationGreaterThan: days } },
            }),
          ]),
      rule('lifeboat-probes', `${container}/${folder}lifeboat/probe/`, {
        baseBlob: { delete: { daysAfterModificationGreaterThan: probeDays } },
      }),
      ...lifecycle.map((each, index) =>
        rule(nameOf(each, index, lifecycle), `${container}/${each.prefix ?? folder}`, actionsOf(each)),
      ),
    ],
  };
}

/** What was deleted stays for so many days more, however old it is. */
export function softDeleteDays(place: AzurePlace): number {
  return Math.min(softDeleteDaysMax, versionDays({ ...place, lifecycle: [] }) ?? softDeleteDaysMax);
}

function rule(name: string, prefix: string, actions: unknown) {
  const filters = { blobTypes: ['blockBlob'], prefixMatch: [prefix] };
  return { name, enabled: true, type: 'Lifecycle', definition: { filters, actions } };
}

function actionsOf({ applies_to: appliesTo, transition, expire_after: expiry }: LifecycleRule) {
  const isCurrent = appliesTo === 'current';
  const after = (ms: number) =>
    isCurrent
      ? { daysAfterModificationGreaterThan: wholeDays(ms) }
      : { daysAfterCreationGreaterThan: wholeDays(ms) };
  const actions = {
    ...(transition === undefined ? {} : { [tierAction(transition.storage_class)]: after(transition.after) }),
    ...(expiry === undefined ? {} : { delete: after(expiry) }),
  };
  return isCurrent ? { baseBlob: actions } : { version: actions };
}

/** `tierToCool` and so on; other tiers have been refused before. */
function tierAction(tier: string): string {
  const lower = tier.toLowerCase();
  return `tierTo${lower.slice(0, 1).toUpperCase()}${lower.slice(1)}`;
}
