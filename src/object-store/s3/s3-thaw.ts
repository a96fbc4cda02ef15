import { type HeadObjectCommandOutput, RestoreObjectCommand } from '@aws-sdk/client-s3';
import type { ArchiveThaw, ThawSpeed, ThawState } from '../abilities.ts';
import { objectAt, onKey, type S3Access, stoppedBy } from './s3-access.ts';
import { classIn } from './s3-classes.ts';
import { isNamed } from './s3-errors.ts';
import { headOf } from './s3-get.ts';

const hourMs = 60 * 60 * 1000;

/** The upper ends of what Amazon documents (S3 User Guide, "Understanding archive retrieval options"). */
const usualMs: Readonly<Record<string, Partial<Record<ThawSpeed, number>>>> = {
  GLACIER: { expedited: 5 * 60 * 1000, standard: 5 * hourMs, bulk: 12 * hourMs },
  DEEP_ARCHIVE: { standard: 12 * hourMs, bulk: 48 * hourMs },
};

const tierNames = { expedited: 'Expedited', standard: 'Standard', bulk: 'Bulk' } as const;

/** Restore of archived objects: a copy for some days beside what is archived. */
export function s3Thaw(access: S3Access): ArchiveThaw {
  const stateOf = async (key: string, signal: AbortSignal | undefined): Promise<ThawState> =>
    stateIn(await headOf(access, key, signal));
  return {
    stateOf: async (key, signal) =>
      await onKey(access, { doing: 'look at', key, signal }, () => stateOf(key, signal)),
    thaw: async (key, speed, days, signal) =>
      await onKey(access, { doing: 'thaw', key, signal }, async () => {
        const state = await stateOf(key, signal);
        if (state.kind === 'thawing' || (state.kind === 'ready' && state.untilMs === undefined)) return;
        const RestoreRequest = { Days: days, GlacierJobParameters: { Tier: tierNames[speed] } };
        const command = new RestoreObjectCommand({ ...objectAt(access, key), RestoreRequest });
        try {
          await access.client.send(command, stoppedBy(signal));
        } catch (error) {
          if (!isNamed(error, 'RestoreAlreadyInProgress')) throw error;
        }
      }),
    usualMs: (storageClass, speed) => usualMs[storageClass]?.[speed],
  };
}

/** Source: S3 API, HeadObject, x-amz-restore and x-amz-archive-status. */
export function stateIn(
  head: Pick<HeadObjectCommandOutput, 'StorageClass' | 'Restore' | 'ArchiveStatus'>,
): ThawState {
  const restore = head.Restore ?? '';
  if (/ongoing-request="true"/.test(restore)) return { kind: 'thawing' };
  const isArchived = Object.hasOwn(usualMs, classIn(head)) || head.ArchiveStatus !== undefined;
  if (!isArchived) return { kind: 'ready' };
  if (!/ongoing-request="false"/.test(restore)) return { kind: 'cold' };
  const untilMs = Date.parse(/expiry-date="([^"]+)"/.exec(restore)?.[1] ?? '');
  return Number.isNaN(untilMs) ? { kind: 'ready' } : { kind: 'ready', untilMs };
}
