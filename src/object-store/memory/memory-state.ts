/**
 * What a memory store holds: for each key its versions, the newest last. Without versioning there is at most one.
 *
 * A version is a content with what the store knows about it; a *deletion* is a version without bytes, as S3 makes one.
 */
import { assertKey } from '../key.ts';
import { objectMissing, objectRetained } from '../object-errors.ts';

export interface MemoryState {
  readonly location: string;
  readonly versioned: boolean;
  /** The current contents; the buffers are those of the versions. */
  readonly objects: Map<string, Buffer>;
  readonly versions: Map<string, MemoryVersion[]>;
  /** How long new objects but locks are retained at once, in milliseconds. */
  readonly retainNewMs: number | undefined;
  readonly nowMs: () => number;
  versionsMade: number;
}

export interface MemoryVersion {
  readonly id: string;
  /** Absent for a deletion. */
  readonly bytes: Buffer | undefined;
  readonly modifiedMs: number;
  storageClass: string;
  untilMs: number | undefined;
  legalHold: boolean;
  thaw: { readonly readyAtMs: number; readonly coldAtMs: number } | undefined;
}

/** A version that is no deletion. */
export interface MemoryObject extends MemoryVersion {
  readonly bytes: Buffer;
}

/** @throws OBJECT_RETAINED where the one version there is must stay. */
export function putObject(state: MemoryState, key: string, bytes: Uint8Array, storageClass: string): void {
  const isLock = key.startsWith('locks/');
  const { retainNewMs } = state;
  addVersion(state, key, {
    ...newVersion(state, Buffer.from(bytes), storageClass),
    untilMs: retainNewMs === undefined || isLock ? undefined : state.nowMs() + retainNewMs,
  });
}

/** With versions the content stays below a deletion. @throws OBJECT_RETAINED where it cannot stay. */
export function deleteObject(state: MemoryState, key: string): void {
  if (!state.objects.has(key)) return;
  if (state.versioned) {
    addVersion(state, key, newVersion(state, undefined, ''));
    return;
  }
  checkRemovable(state, key, state.versions.get(key)?.at(-1));
  state.versions.delete(key);
  state.objects.delete(key);
}

/** The current one. @throws OBJECT_MISSING */
export function findObject(state: MemoryState, key: string, signal: AbortSignal | undefined): MemoryObject {
  assertKey(key);
  signal?.throwIfAborted();
  const version = state.versions.get(key)?.at(-1);
  if (version === undefined || !hasBytes(version)) throw objectMissing(key, state.location);
  return version;
}

export function hasBytes(version: MemoryVersion): version is MemoryObject {
  return version.bytes !== undefined;
}

/** For good. @throws OBJECT_RETAINED */
export function removeVersion(state: MemoryState, key: string, versionId: string): void {
  const versions = state.versions.get(key) ?? [];
  const rest = versions.filter(({ id }) => id !== versionId);
  checkRemovable(
    state,
    key,
    versions.find(({ id }) => id === versionId),
  );
  if (rest.length === 0) state.versions.delete(key);
  else state.versions.set(key, rest);
  const current = rest.at(-1)?.bytes;
  if (current === undefined) state.objects.delete(key);
  else state.objects.set(key, current);
}

/** When the retention ends; `undefined` when it has, or never was. */
export function retainedUntilMs(state: MemoryState, { untilMs }: MemoryVersion): number | undefined {
  return untilMs !== undefined && untilMs > state.nowMs() ? untilMs : undefined;
}

function checkRemovable(state: MemoryState, key: string, version: MemoryVersion | undefined): void {
  if (version === undefined) return;
  const untilMs = retainedUntilMs(state, version);
  if (version.legalHold || untilMs !== undefined) throw objectRetained(key, state.location, untilMs);
}

function newVersion(state: MemoryState, bytes: Buffer | undefined, storageClass: string): MemoryVersion {
  state.versionsMade += 1;
  return {
    id: `v${state.versionsMade}`,
    bytes,
    modifiedMs: state.nowMs(),
    storageClass,
    untilMs: undefined,
    legalHold: false,
    thaw: undefined,
  };
}

function addVersion(state: MemoryState, key: string, version: MemoryVersion): void {
  const before = state.versions.get(key) ?? [];
  if (!state.versioned) checkRemovable(state, key, before.at(-1));
  state.versions.set(key, state.versioned ? [...before, version] : [version]);
  if (version.bytes === undefined) state.objects.delete(key);
  else state.objects.set(key, version.bytes);
}
