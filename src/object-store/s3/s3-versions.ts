import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import type { ObjectVersion, ObjectVersions } from '../abilities.ts';
import { assertPrefix, isKey } from '../key.ts';
import { objectMissing } from '../object-errors.ts';
import { objectAt, onKey, request, type S3Access, stoppedBy } from './s3-access.ts';
import { statusOf } from './s3-errors.ts';
import { getWhole } from './s3-get.ts';
import { pagesMax, requireList, unreadable } from './s3-list.ts';
import { retentionIn } from './s3-retention.ts';

export function s3Versions(access: S3Access): ObjectVersions {
  return {
    listVersions: (prefix, signal) => listVersions(access, prefix, signal),
    deleteVersion: (key, versionId, signal) => deleteVersion(access, key, versionId, signal),
    getVersion: async (key, versionId, signal) =>
      await onKey(access, { doing: `read version ${versionId} of`, key, signal }, async () => {
        try {
          return await getWhole(access, key, versionId, signal);
        } catch (error) {
          // The mark of a deletion has no bytes.
          throw statusOf(error) === 405 ? objectMissing(key, access.location, error) : error;
        }
      }),
  };
}

async function deleteVersion(
  access: S3Access,
  key: string,
  versionId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const version = { ...objectAt(access, key), VersionId: versionId };
  try {
    await onKey(access, { doing: `delete version ${versionId} of`, key, signal }, () =>
      access.client.send(new DeleteObjectCommand(version), stoppedBy(signal)),
    );
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING')) return;
    // Amazon says no more than "denied" about either.
    if (hasCode(error, 'STORE_DENIED') && (await isRetained(access, version, signal))) {
      throw new LifeboatError(
        'OBJECT_RETAINED',
        `object lock keeps a version of ${key} in ${access.location}`,
        {
          hint: 'Wait until its retention is over, or take its legal hold away.',
          details: { key, versionId, location: access.location },
          cause: error,
        },
      );
    }
    throw error;
  }
}

async function isRetained(
  { client, nowMs }: S3Access,
  version: { readonly Bucket: string; readonly Key: string; readonly VersionId: string },
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const head = await client.send(new HeadObjectCommand(version), stoppedBy(signal));
    const { legalHold, untilMs } = retentionIn(head, nowMs());
    return legalHold || untilMs !== undefined;
  } catch {
    // Nothing is known; the refusal is told as it came.
    return false;
  }
}

async function* listVersions(
  access: S3Access,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ObjectVersion> {
  assertPrefix(prefix);
  let marker: { readonly KeyMarker?: string; readonly VersionIdMarker?: string } = {};
  for (let page = 0; page < pagesMax; page += 1) {
    const command = new ListObjectVersionsCommand({
      Bucket: access.bucket,
      Prefix: `${access.folder}${prefix}`,
      ...marker,
    });
    const answer = await request(access, { doing: `list versions of ${prefix}`, signal }, () =>
      access.client.send(command, stoppedBy(signal)),
    );
    requireList(access, answer);
    for (const version of versionsIn(access, answer)) {
      signal?.throwIfAborted();
      yield version;
    }
    if (answer.IsTruncated !== true) return;
    const { NextKeyMarker, NextVersionIdMarker } = answer;
    if (NextKeyMarker === undefined) throw unreadable(access, 'no way to the next page');
    marker = {
      KeyMarker: NextKeyMarker,
      ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }),
    };
  }
  throw unreadable(access, 'a list without an end');
}

/** Contents and deletions come apart; within a key the newest is first. */
function versionsIn(access: S3Access, answer: ListObjectVersionsCommandOutput): ObjectVersion[] {
  const contents = (answer.Versions ?? []).map((version) => ({ version, isDeletion: false }));
  const deletions = (answer.DeleteMarkers ?? []).map((version) => ({
    version: { ...version, Size: 0 },
    isDeletion: true,
  }));
  return [...contents, ...deletions]
    .map(({ version, isDeletion }) => ({
      key: (version.Key ?? '').slice(access.folder.length),
      size: version.Size ?? 0,
      versionId: version.VersionId ?? 'null',
      isCurrent: version.IsLatest === true,
      isDeletion,
      modifiedMs: version.LastModified?.getTime() ?? 0,
    }))
    .filter(({ key }) => isKey(key))
    .sort(byKeyThenAge);
}

function byKeyThenAge(a: ObjectVersion, b: ObjectVersion): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return Number(b.isCurrent) - Number(a.isCurrent) || b.modifiedMs - a.modifiedMs;
}
