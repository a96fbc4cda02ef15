/** What a policy document is about: where the vault is, and what the plan promises about the place. Pure. */
import type { Location } from '../../config/location.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { LifecycleRule } from '../../plan/lifecycle-faults.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { isColdClass } from '../../plan/storage-class.ts';

/** `store`: no role, but the settings of the bucket or container that the roles rely on. */
export const policyRoles = ['backup', 'prune', 'restore', 'audit', 'store'] as const;
export type PolicyRole = (typeof policyRoles)[number];

export type PolicyPlace = S3Place | AzurePlace;

interface Promises {
  /** New objects are retained for so many days, rounded up; absent: the plan asks for no immutability. */
  readonly retainedDays?: number;
  /** Data packs go into a class that must be thawed before it is read. */
  readonly isCold: boolean;
  /** What the store is to do with objects as they age; empty where the plan says nothing. */
  readonly lifecycle: readonly LifecycleRule[];
}

export interface S3Place extends Promises {
  readonly kind: 's3';
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly folder: string;
  readonly partition: 'aws' | 'aws-cn' | 'aws-us-gov';
  readonly region?: string;
  /** The ARN of the key that the bucket encrypts with; `any`: the plan names no key. Absent: none is needed. */
  readonly kmsKey?: string;
}

export interface AzurePlace extends Promises {
  readonly kind: 'azure';
  /** Absent: the environment names it. */
  readonly account?: string;
  readonly container: string;
  readonly folder: string;
}

const dayMs = 86_400_000;

/** Raises USAGE for a vault in a folder: the system's own users and modes say who may do what there. */
export function policyPlace(
  location: Location,
  declared: ResolvedVault['declared'] | undefined,
): PolicyPlace {
  const promises = promisesOf(declared);
  switch (location.kind) {
    case 's3': {
      const region = declared?.region;
      const kmsKey = kmsKeyOf(declared?.encryption?.at_rest);
      return {
        kind: 's3',
        bucket: location.bucket,
        folder: folderOf(location.prefix),
        partition: partitionOf(region),
        ...(region === undefined ? {} : { region }),
        ...(kmsKey === undefined ? {} : { kmsKey }),
        ...promises,
      };
    }
    case 'azure': {
      const { account, container, prefix } = location;
      const named = account === undefined ? {} : { account };
      return { kind: 'azure', ...named, container, folder: folderOf(prefix), ...promises };
    }
    case 'folder':
      throw new LifeboatError(
        'USAGE',
        `the vault ${location.path} is a folder, for which there are no policies`,
        {
          hint: 'Name a vault in S3 or Azure. Of a folder the owner and the modes decide; `lifeboat vault serve` makes one append-only for others.',
        },
      );
  }
}

function promisesOf(declared: ResolvedVault['declared'] | undefined): Promises {
  const { mode, for: forMs } = declared?.immutability ?? {};
  const isRetained = mode !== undefined && mode !== 'offline' && forMs !== undefined;
  return {
    isCold: isColdClass(declared?.storage_class),
    // one that asks for nothing is none
    lifecycle: (declared?.lifecycle ?? []).filter(
      ({ transition, expire_after: expiry }) => transition !== undefined || expiry !== undefined,
    ),
    ...(isRetained ? { retainedDays: Math.ceil(forMs / dayMs) } : {}),
  };
}

function folderOf(prefix: string): string {
  return prefix === '' ? '' : `${prefix}/`;
}

function partitionOf(region: string | undefined): S3Place['partition'] {
  if (region?.startsWith('cn-')) return 'aws-cn';
  return region?.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** `SSE-KMS arn:aws:kms:…:key/…` names a key; `SSE-KMS` alone says that there is one. */
function kmsKeyOf(atRest: string | undefined): string | undefined {
  const arn = /arn:aws[a-z-]*:kms:[^\s]+/.exec(atRest ?? '')?.[0];
  if (arn !== undefined) return arn;
  return /\bkms\b/i.test(atRest ?? '') ? 'any' : undefined;
}
