import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { assertPrefix, isKey } from '../key.ts';
import type { ListedObject } from '../object-store.ts';
import { noServer, request, type S3Access, stoppedBy } from './s3-access.ts';
import { isAlwaysWarm } from './s3-classes.ts';

/** Of a thousand keys each, more than any vault has. */
export const pagesMax = 1_000_000;

/** What is no key of ours, the mark of a folder for example, is left out. */
export async function* listObjects(
  access: S3Access,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedObject> {
  assertPrefix(prefix);
  // Servers without an order, and pages that come twice, must not give a key twice.
  const seen = new Set<string>();
  let token: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const answer = await listPage(access, prefix, token, signal);
    for (const object of objectsIn(access, answer, prefix)) {
      if (seen.has(object.key)) continue;
      seen.add(object.key);
      signal?.throwIfAborted();
      yield object;
    }
    if (answer.IsTruncated !== true) return;
    const next = answer.NextContinuationToken;
    if (next === undefined || next === token) throw unreadable(access, 'no way to the next page');
    token = next;
  }
  throw unreadable(access, 'a list without an end');
}

function objectsIn(access: S3Access, answer: ListObjectsV2CommandOutput, prefix: string): ListedObject[] {
  return (answer.Contents ?? []).flatMap(({ Key: name = '', Size: size, StorageClass: listedIn }) => {
    const key = keyIn(access, name, prefix);
    if (key === undefined) return [];
    if (size === undefined) throw unreadable(access, 'an object without a size');
    return [listedIn !== undefined && isAlwaysWarm(listedIn) ? { key, size, isWarm: true } : { key, size }];
  });
}

function keyIn({ folder }: S3Access, name: string, prefix: string): string | undefined {
  const key = name.slice(folder.length);
  return name.startsWith(`${folder}${prefix}`) && isKey(key) ? key : undefined;
}

async function listPage(
  access: S3Access,
  prefix: string,
  token: string | undefined,
  signal: AbortSignal | undefined,
) {
  const command = new ListObjectsV2Command({
    Bucket: access.bucket,
    Prefix: `${access.folder}${prefix}`,
    ...(token === undefined ? {} : { ContinuationToken: token }),
  });
  const answer = await request(access, { doing: `list ${prefix || 'everything'}`, signal }, () =>
    access.client.send(command, stoppedBy(signal)),
  );
  requireList(access, answer);
  return answer;
}

/** An empty answer, and a page of something else, would pass for a list of nothing. */
export function requireList(
  access: S3Access,
  { Name, IsTruncated }: { readonly Name?: string | undefined; readonly IsTruncated?: boolean | undefined },
): void {
  if (Name === undefined && IsTruncated === undefined) throw noServer(access, 'a list');
}

export function unreadable({ location }: S3Access, what: string): LifeboatError {
  return new LifeboatError('STORE_UNAVAILABLE', `the list of ${location} holds ${what}`, {
    hint: 'Try again; when it stays so, the server is not fit for a vault.',
    retryable: true,
    details: { location },
  });
}
