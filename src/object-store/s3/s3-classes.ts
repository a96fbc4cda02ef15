import { CopyObjectCommand, type StorageClass } from '@aws-sdk/client-s3';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { StorageClasses } from '../abilities.ts';
import { objectAt, onKey, requireTag, type S3Access, stoppedBy } from './s3-access.ts';
import { headOf } from './s3-get.ts';
import { putObject } from './s3-put.ts';
import { lockFields } from './s3-retention.ts';

/** Amazon's names. Other servers have the first one, and seldom more. */
export const storageClassNames = [
  'STANDARD',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
] as const satisfies readonly StorageClass[];

/** Intelligent tiering has archive tiers of its own, of which only the object tells. */
const alwaysWarm: ReadonlySet<string> = new Set(['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR']);

export function isAlwaysWarm(storageClass: string): boolean {
  return alwaysWarm.has(storageClass);
}

type StorageClassName = (typeof storageClassNames)[number];

export function s3Classes(access: S3Access): StorageClasses {
  return {
    putInto: async (storageClass, key, bytes, signal) => {
      await putObject(access, key, bytes, { storageClass: named(storageClass, access) }, signal);
    },
    createInto: async (storageClass, key, bytes, signal) =>
      await putObject(
        access,
        key,
        bytes,
        { storageClass: named(storageClass, access), createOnly: true },
        signal,
      ),
    classOf: async (key, signal) =>
      await onKey(access, { doing: 'look at', key, signal }, async () =>
        classIn(await headOf(access, key, signal)),
      ),
    moveTo: async (storageClass, key, signal) => {
      const wanted = named(storageClass, access);
      await onKey(access, { doing: 'move', key, signal }, async () => {
        const head = await headOf(access, key, signal);
        if (classIn(head) === wanted) return;
        const place = objectAt(access, key);
        const command = new CopyObjectCommand({
          ...place,
          CopySource: `${place.Bucket}/${encodeURI(place.Key)}`,
          StorageClass: wanted,
          MetadataDirective: 'COPY',
          // A copy has no retention but the one it is given.
          ...lockFields(head, access.nowMs()),
        });
        const { CopyObjectResult: copy } = await access.client.send(command, stoppedBy(signal));
        requireTag(access, key, copy?.ETag);
      });
    },
  };
}

/** Answers leave the usual class out. */
export function classIn({ StorageClass: name }: { readonly StorageClass?: string | undefined }): string {
  return name ?? 'STANDARD';
}

function named(storageClass: string, { location }: S3Access): StorageClassName {
  const known = storageClassNames.find((name) => name === storageClass);
  if (known !== undefined) return known;
  throw new LifeboatError('STORE_UNFIT', `S3 has no storage class "${storageClass}"`, {
    hint: `Use one of ${storageClassNames.join(', ')}.`,
    details: { location, storageClass },
  });
}
