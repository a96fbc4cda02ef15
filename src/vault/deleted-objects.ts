/**
 * What was deleted from a vault, or covered by another content, while its store kept earlier versions. It needs no key
 * and opens nothing: the vault may be unable to open.
 *
 * Glossary: *mark*: what S3 puts over an object instead of deleting it; Azure makes none. *Named by content*: the last
 * part of the key is the SHA-256 of the bytes, so that the right version can be told from a wrong one.
 */
import { createHash } from 'node:crypto';
import { neededOf } from '../log-archive/list-log.ts';
import { type ParsedKey, parseLogKey } from '../log-archive/piece-key.ts';
import type { ObjectVersion } from '../object-store/abilities.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { versionsOf } from './versions-of.ts';

export interface DeletedObject {
  readonly key: string;
  /** Of the newest content. */
  readonly size: number;
  /** `covered`: there is an object, and it is not what its name says. */
  readonly kind: 'deleted' | 'covered';
  /** Absent where the store keeps no date of a deletion. */
  readonly atMs?: number;
  /** Newest first. */
  readonly marks: readonly string[];
  /** Newest first; those of a covered object without the one that covers. */
  readonly contents: readonly string[];
}

export interface DeletedObjects {
  /** In the order in which they are to come back: a snapshot never before what it needs. */
  readonly objects: readonly DeletedObject[];
  /** Keys of the vault that were deleted and are left aside: somebody may have taken them away for good. */
  readonly keys: readonly string[];
}

export interface DeletedRequest {
  /** Only what was deleted or covered at this time or later: milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Keys of the vault as well. */
  readonly withKeys: boolean;
}

/** Locks, probes and marks of prune are nothing to bring back. */
const prefixes = ['config', 'keys/', 'data/', 'index/', 'lifeboat/', 'snapshots/'] as const;
const passing = ['lifeboat/probe/', 'lifeboat/prune/'];
const keyPrefixes = ['keys/', 'lifeboat/spare/keys/'];

/** @throws STORE_UNFIT where the store keeps no versions. */
export async function deletedObjects(
  store: ObjectStore,
  { sinceMs, withKeys }: DeletedRequest,
  signal?: AbortSignal,
): Promise<DeletedObjects> {
  const objects: DeletedObject[] = [];
  const keys: string[] = [];
  const segments: ParsedKey[] = [];
  for (const prefix of prefixes)
    for await (const versions of byKey(store, prefix, signal)) {
      segments.push(...segmentsIn(versions));
      const found = await stateOf(store, versions, sinceMs, signal);
      if (found === undefined) continue;
      const isLeftAside = !withKeys && keyPrefixes.some((own) => found.key.startsWith(own));
      if (isLeftAside) keys.push(found.key);
      else objects.push(found);
    }
  return { objects: objects.filter((object) => !isCompacted(object, segments)), keys };
}

/** Of a log: a compaction puts a segment in the place of chunks and deletes them; nobody misses them. */
function isCompacted({ key }: DeletedObject, segments: readonly ParsedKey[]): boolean {
  const piece = parseLogKey(key);
  return piece !== undefined && neededOf([piece], segments).length === 0;
}

/** Also such as were deleted: they come back. */
function segmentsIn(versions: readonly ObjectVersion[]): readonly ParsedKey[] {
  const parsed = parseLogKey(versions[0]?.key ?? '');
  const isThere = versions.some(({ isDeletion }) => !isDeletion);
  return parsed?.form === 'segment' && isThere ? [parsed] : [];
}

async function* byKey(
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly ObjectVersion[]> {
  let ofOneKey: ObjectVersion[] = [];
  for await (const version of versionsOf(store).listVersions(prefix, signal)) {
    if (passing.some((own) => version.key.startsWith(own))) continue;
    if (ofOneKey[0] !== undefined && ofOneKey[0].key !== version.key) {
      yield ofOneKey;
      ofOneKey = [];
    }
    ofOneKey.push(version);
  }
  if (ofOneKey.length > 0) yield ofOneKey;
}

async function stateOf(
  store: ObjectStore,
  versions: readonly ObjectVersion[],
  sinceMs: number,
  signal: AbortSignal | undefined,
): Promise<DeletedObject | undefined> {
  const contents = versions.filter(({ isDeletion }) => !isDeletion);
  const [newest] = contents;
  if (newest === undefined) return undefined;
  const current = versions.find(({ isCurrent }) => isCurrent);
  if (current === undefined || current.isDeletion) return deletedState(versions, contents, newest, sinceMs);
  const isDoubtful =
    contents.length > 1 && newest.modifiedMs >= sinceMs && nameHash(newest.key) !== undefined;
  if (!isDoubtful || isNamedByContent(newest.key, await store.get(newest.key, undefined, signal)))
    return undefined;
  return {
    ...{ key: newest.key, size: newest.size, kind: 'covered', atMs: newest.modifiedMs, marks: [] },
    contents: contents.slice(1).map(({ versionId }) => versionId),
  };
}

/** The oldest of the marks on top tells when it was gone. */
function deletedState(
  versions: readonly ObjectVersion[],
  contents: readonly ObjectVersion[],
  newest: ObjectVersion,
  sinceMs: number,
): DeletedObject | undefined {
  const marks = versions.slice(0, versions.indexOf(newest));
  const atMs = marks.at(-1)?.modifiedMs;
  if (atMs !== undefined && atMs < sinceMs) return undefined;
  return {
    ...{ key: newest.key, size: newest.size, kind: 'deleted' },
    ...(atMs === undefined ? {} : { atMs }),
    marks: marks.map(({ versionId }) => versionId),
    contents: contents.map(({ versionId }) => versionId),
  };
}

/** Whether the bytes are what the key says; true of keys that say nothing. */
export function isNamedByContent(key: string, bytes: Buffer): boolean {
  const wanted = nameHash(key);
  return wanted === undefined || wanted === createHash('sha256').update(bytes).digest('hex');
}

function nameHash(key: string): string | undefined {
  return /^(?:data\/[0-9a-f]{2}|index|snapshots|keys)\/([0-9a-f]{64})$/.exec(key)?.[1];
}
