import {
  type HeadObjectCommandOutput,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import type { ObjectRetention, RetentionState } from '../abilities.ts';
import { objectAt, onKey, type S3Access, stoppedBy } from './s3-access.ts';
import { headOf } from './s3-get.ts';

/** Object lock, on the current version of each object. */
export function s3Retention(access: S3Access): ObjectRetention {
  return {
    retain: async (key, untilMs, signal) =>
      await onKey(access, { doing: 'retain', key, signal }, async () => {
        const now = retentionIn(await headOf(access, key, signal), access.nowMs());
        if (now.untilMs !== undefined && now.untilMs >= untilMs) return;
        const mode = now.mode === 'compliance' ? now.mode : (access.retainNew?.mode ?? 'governance');
        const command = new PutObjectRetentionCommand({
          ...objectAt(access, key),
          Retention: { Mode: modeName(mode), RetainUntilDate: new Date(untilMs) },
        });
        await access.client.send(command, stoppedBy(signal));
      }),
    retentionOf: async (key, signal) =>
      await onKey(access, { doing: 'look at', key, signal }, async () =>
        retentionIn(await headOf(access, key, signal), access.nowMs()),
      ),
    setLegalHold: async (key, held, signal) =>
      await onKey(access, { doing: held ? 'hold' : 'release', key, signal }, async () => {
        const head = await headOf(access, key, signal);
        if ((head.ObjectLockLegalHoldStatus === 'ON') === held) return;
        const LegalHold = { Status: held ? 'ON' : 'OFF' } as const;
        const command = new PutObjectLegalHoldCommand({ ...objectAt(access, key), LegalHold });
        await access.client.send(command, stoppedBy(signal));
      }),
  };
}

type LockHeaders = Pick<
  HeadObjectCommandOutput,
  'ObjectLockMode' | 'ObjectLockRetainUntilDate' | 'ObjectLockLegalHoldStatus'
>;

/** Absent for whoever may not see them: then nothing is known to keep the object, which is the careful answer. */
export function retentionIn(head: LockHeaders, nowMs: number): RetentionState {
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = head;
  const legalHold = head.ObjectLockLegalHoldStatus === 'ON';
  // What is over keeps nothing, though the answer goes on to tell of it.
  if (until === undefined || until.getTime() <= nowMs) return { legalHold };
  return {
    untilMs: until.getTime(),
    ...(mode === undefined ? {} : { mode: mode === 'COMPLIANCE' ? 'compliance' : 'governance' }),
    legalHold,
  };
}

/** The same for a copy. A date that is over is left out: no server takes one. */
export function lockFields(head: LockHeaders, nowMs: number): LockHeaders {
  const { ObjectLockMode, ObjectLockRetainUntilDate } = head;
  const isKept = ObjectLockRetainUntilDate !== undefined && ObjectLockRetainUntilDate.getTime() > nowMs;
  return {
    ...(isKept && ObjectLockMode !== undefined ? { ObjectLockMode, ObjectLockRetainUntilDate } : {}),
    ...(head.ObjectLockLegalHoldStatus === 'ON' ? { ObjectLockLegalHoldStatus: 'ON' as const } : {}),
  };
}

export function modeName(mode: 'governance' | 'compliance'): 'GOVERNANCE' | 'COMPLIANCE' {
  return mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE';
}
