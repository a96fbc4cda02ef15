/**
 * `.lifeboat/manifest.json` in the root of every snapshot that a plan made: what was seen at capture, to be
 * compared after a restore. `docs/formats/manifest.md` documents it.
 */
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { Position } from '../source/position.ts';

export const manifestFolder = '.lifeboat';
export const manifestFile = 'manifest.json';
export const manifestPath = `/${manifestFolder}/${manifestFile}`;

export interface Manifest {
  readonly version: 1;
  readonly system: string;
  readonly systemHash: string;
  readonly planId: string;
  readonly planHash: string;
  readonly runId: string;
  /** What was committed before is inside: milliseconds since the epoch. */
  readonly capturedAtMs: number;
  readonly start: Position;
  readonly end: Position;
  readonly values: Readonly<Record<string, number | string>>;
  readonly contents: ManifestContents;
}

/** Of everything in the snapshot but the manifest itself. */
export interface ManifestContents {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly others: number;
  readonly bytes: number;
  /** The content digest, 64 hex digits. */
  readonly digest: string;
}

export function encodeManifest(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** Raises OBJECT_DAMAGED when it is no manifest of a known version. */
export function decodeManifest(bytes: Buffer): Manifest {
  const json = parse(bytes);
  const { version, system, systemHash, planId, planHash, runId, capturedAtMs, start, end, values, contents } =
    json;
  const texts = [system, systemHash, planId, planHash, runId];
  const known =
    version === 1 && texts.every((text) => typeof text === 'string') && typeof capturedAtMs === 'number';
  if (!known || !isObject(start) || !isObject(end) || !isValues(values) || !isContents(contents))
    throw noManifest();
  return json as unknown as Manifest;
}

function isValues(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((one) => ['number', 'string'].includes(typeof one));
}

function isContents(value: unknown): value is ManifestContents {
  if (!isObject(value)) return false;
  const counts = [value['files'], value['directories'], value['symlinks'], value['others'], value['bytes']];
  return counts.every((count) => typeof count === 'number') && typeof value['digest'] === 'string';
}

function parse(bytes: Buffer): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    if (isObject(json)) return json;
  } catch (cause) {
    throw noManifest(cause);
  }
  throw noManifest();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function noManifest(cause?: unknown): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `${manifestPath} of the snapshot is not readable`, {
    hint: 'Use another recovery point; `lifeboat points` lists them.',
    ...(cause === undefined ? {} : { cause }),
  });
}
