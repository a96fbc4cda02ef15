/**
 * Snapshots as they are stored: JSON with restic's keys, in restic's order, empty ones left out.
 * Source: restic, internal/data/snapshot.go.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { Snapshot, SnapshotSummary } from '../repository-types.ts';
import { goJsonValue } from '../tree/go-json.ts';
import { parseTime } from '../tree/time-format.ts';

/** A snapshot before it has an id: that is the hash of the stored file. */
export type SnapshotFields = Omit<Snapshot, 'id' | 'timeMs'>;

type Raw = Readonly<Record<string, unknown>>;

/** The JSON to be stored, not yet compressed or sealed. */
export function encodeSnapshot(snapshot: SnapshotFields): Buffer {
  const stored = {
    time: snapshot.time,
    ...unlessEmpty('parent', snapshot.parent),
    tree: snapshot.tree,
    paths: snapshot.paths,
    ...unlessEmpty('hostname', snapshot.hostname),
    ...unlessEmpty('username', snapshot.username),
    ...unlessEmpty('uid', snapshot.uid),
    ...unlessEmpty('gid', snapshot.gid),
    ...unlessEmpty('excludes', snapshot.excludes),
    ...unlessEmpty('tags', snapshot.tags),
    ...unlessEmpty('original', snapshot.original),
    ...unlessEmpty('program_version', snapshot.programVersion),
    ...(snapshot.summary === undefined ? {} : { summary: storedSummary(snapshot.summary) }),
  };
  return Buffer.from(goJsonValue(stored), 'utf8');
}

function unlessEmpty(key: string, value: string | number | readonly string[] | undefined): Raw {
  const empty = value === undefined || value === 0 || (typeof value !== 'number' && value.length === 0);
  return empty ? {} : { [key]: value };
}

function storedSummary(summary: SnapshotSummary): Raw {
  return Object.fromEntries(summaryKeys.map(([key, stored]) => [stored, summary[key]]));
}

const summaryKeys = [
  ['backupStart', 'backup_start'],
  ['backupEnd', 'backup_end'],
  ['filesNew', 'files_new'],
  ['filesChanged', 'files_changed'],
  ['filesUnmodified', 'files_unmodified'],
  ['dirsNew', 'dirs_new'],
  ['dirsChanged', 'dirs_changed'],
  ['dirsUnmodified', 'dirs_unmodified'],
  ['dataBlobs', 'data_blobs'],
  ['treeBlobs', 'tree_blobs'],
  ['dataAdded', 'data_added'],
  ['dataAddedPacked', 'data_added_packed'],
  ['totalFilesProcessed', 'total_files_processed'],
  ['totalBytesProcessed', 'total_bytes_processed'],
] as const satisfies readonly (readonly [keyof SnapshotSummary, string])[];

/** `id` is the name of the stored file. Unknown keys are ignored. Raises OBJECT_DAMAGED naming the snapshot. */
export function decodeSnapshot(id: string, bytes: Uint8Array): Snapshot {
  const raw = parse(id, bytes);
  const time = text(raw, 'time', id) ?? '';
  const ns = parseTime(time);
  if (ns === undefined) throw damaged(id, 'it has no time');
  const optional = {
    parent: blobId(raw, 'parent', id),
    hostname: text(raw, 'hostname', id),
    username: text(raw, 'username', id),
    uid: count(raw, 'uid', id),
    gid: count(raw, 'gid', id),
    excludes: texts(raw, 'excludes', id),
    tags: texts(raw, 'tags', id),
    original: blobId(raw, 'original', id),
    programVersion: text(raw, 'program_version', id),
    summary: summary(raw['summary'], id),
  };
  const tree = blobId(raw, 'tree', id);
  if (tree === undefined) throw damaged(id, 'it has no tree');
  const timeMs = Number(ns / 1_000_000n);
  return { id, time, timeMs, tree, paths: texts(raw, 'paths', id) ?? [], ...present(optional) };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}

function parse(id: string, bytes: Uint8Array): Raw {
  let raw: unknown;
  try {
    raw = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (cause) {
    throw damaged(id, 'it is not valid JSON', cause);
  }
  if (!isRaw(raw)) throw damaged(id, 'it is not an object');
  return raw;
}

function summary(value: unknown, id: string): SnapshotSummary | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRaw(value)) throw damaged(id, 'its summary is not an object');
  const figure = (key: string) => count(value, key, id) ?? 0;
  return {
    backupStart: text(value, 'backup_start', id) ?? '',
    backupEnd: text(value, 'backup_end', id) ?? '',
    filesNew: figure('files_new'),
    filesChanged: figure('files_changed'),
    filesUnmodified: figure('files_unmodified'),
    dirsNew: figure('dirs_new'),
    dirsChanged: figure('dirs_changed'),
    dirsUnmodified: figure('dirs_unmodified'),
    dataBlobs: figure('data_blobs'),
    treeBlobs: figure('tree_blobs'),
    dataAdded: figure('data_added'),
    dataAddedPacked: figure('data_added_packed'),
    totalFilesProcessed: figure('total_files_processed'),
    totalBytesProcessed: figure('total_bytes_processed'),
  };
}

function text(raw: Raw, key: string, id: string): string | undefined {
  const value = raw[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw damaged(id, `its "${key}" is not a text`);
  return value;
}

function texts(raw: Raw, key: string, id: string): readonly string[] | undefined {
  const value = raw[key];
  if (value === undefined || value === null) return undefined;
  const isText = (one: unknown) => typeof one === 'string';
  if (!Array.isArray(value) || !value.every(isText)) throw damaged(id, `its "${key}" is not a list of texts`);
  return value;
}

function count(raw: Raw, key: string, id: string): number | undefined {
  const value = raw[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw damaged(id, `its "${key}" is not a number that makes sense`);
  }
  return value;
}

const idPattern = /^[0-9a-f]{64}$/;

function blobId(raw: Raw, key: string, id: string): string | undefined {
  const value = text(raw, key, id);
  if (value !== undefined && !idPattern.test(value)) throw damaged(id, `its "${key}" is not 64 hex digits`);
  return value;
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damaged(id: string, why: string, cause?: unknown): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `snapshot ${id} is damaged: ${why}`, {
    hint: 'Use another snapshot; `lifeboat check --read-data` shows what else is damaged.',
    cause,
  });
}
