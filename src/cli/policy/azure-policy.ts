/**
 * For Azure: the permissions of a SAS for each role, and role definitions for identities. Pure.
 *
 * A SAS of a container is for all of it, so that `d`, which locks need, deletes any blob. What was deleted stays as a
 * version, and no role has `x` or `y`, which delete versions: therefore versions and version-level immutability.
 */
import { azureLifeCycle, softDeleteDays } from './azure-life-cycle.ts';
import type { AzurePlace, PolicyRole } from './policy-place.ts';

type Role = Exclude<PolicyRole, 'store'>;

export interface AzurePolicy {
  readonly sas: {
    readonly resource: 'container';
    readonly container: string;
    /** In the order in which Azure writes them. */
    readonly permissions: string;
    readonly protocol: 'https';
  };
  /** Absent for `backup`: no role of Azure creates large blobs without being allowed to replace them. */
  readonly role?: AzureRole;
}

export interface AzureRole {
  readonly Name: string;
  readonly IsCustom: true;
  readonly Description: string;
  readonly Actions: readonly string[];
  readonly DataActions: readonly string[];
  readonly AssignableScopes: readonly string[];
}

const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';

export function azurePolicy(role: Role, place: AzurePlace): AzurePolicy {
  const { container } = place;
  const sas = {
    resource: 'container',
    container,
    permissions: sasPermissions(role, place),
    protocol: 'https',
  } as const;
  return role === 'backup' ? { sas } : { sas, role: roleDefinition(role, place) };
}

/** `r` read, `c` create, `w` replace and move between tiers, `d` delete, `l` list, `i` retain. */
function sasPermissions(role: Role, { retainedDays, isCold }: AzurePlace): string {
  const retains = retainedDays !== undefined && (role === 'backup' || role === 'prune');
  const replaces = role === 'prune' || (role === 'restore' && isCold);
  return `rc${replaces ? 'w' : ''}dl${retains ? 'i' : ''}`;
}

const descriptions: Readonly<Record<Exclude<Role, 'backup'>, string>> = {
  prune: 'Applies retention: reads all, writes and deletes blobs, deletes no version.',
  restore: 'Restores: reads all, and writes its locks and records.',
  audit: 'Looks at what is kept until when: reads all, and writes its locks and records.',
};

function roleDefinition(role: Exclude<Role, 'backup'>, { container }: AzurePlace): AzureRole {
  return {
    Name: `Lifeboat ${role} of ${container}`,
    IsCustom: true,
    Description: descriptions[role],
    Actions: [],
    DataActions: [`${blobs}/read`, `${blobs}/add/action`, `${blobs}/write`, `${blobs}/delete`],
    AssignableScopes: ['/subscriptions/SUBSCRIPTION'],
  };
}

/** Settings of the account and of the container, by the command of `az` that makes them. */
export function azureSettings(place: AzurePlace): Readonly<Record<string, unknown>> {
  const { account = 'ACCOUNT', container, retainedDays } = place;
  return {
    'az storage account blob-service-properties update': {
      'account-name': account,
      'enable-versioning': true,
      'enable-delete-retention': true,
      'delete-retention-days': softDeleteDays(place),
    },
    'az storage container-rm create': {
      'storage-account': account,
      name: container,
      'public-access': 'off',
      ...(retainedDays === undefined ? {} : { 'enable-vlw': true }),
    },
    'az storage account management-policy create --policy': azureLifeCycle(place),
  };
}
