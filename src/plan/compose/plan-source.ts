/**
 * Words of this folder. A *source* is one file of a plan, read: the main one or an included one. A *block* is a key at
 * the top of a file. A *local* path is a path in one source; a *composed* path is one in the plan that all make up.
 */
import type { Finding, Locate, UnplacedFinding } from '../finding.ts';
import { placeFinding } from '../finding.ts';
import type { PlanFile } from '../plan-file.ts';
import type { PlanPath } from '../plan-path.ts';
import { locateIn } from '../plan-text.ts';
import type { PlanDocument } from '../read-yaml.ts';

export interface PlanSource extends PlanFile {
  /** How findings name it; absent for the main file. */
  readonly file?: string;
  readonly read: PlanDocument;
  readonly value: unknown;
  /** Of local paths. */
  readonly locate: Locate;
}

export interface LocalPath {
  readonly source: PlanSource;
  readonly path: PlanPath;
}

export function planSource(file: PlanFile, read: PlanDocument, value: unknown, isMain: boolean): PlanSource {
  const named = isMain ? {} : { file: file.fileName };
  return { ...file, ...named, read, value, locate: locateIn(read, file.text, named.file) };
}

/** A finding whose paths are local, and its second place perhaps in another source. */
export function findingIn(
  source: PlanSource,
  finding: Omit<UnplacedFinding, 'relatedAt'>,
  related?: LocalPath & { readonly message: string },
): Finding {
  const placed = placeFinding(finding, source.locate);
  if (related === undefined) return placed;
  const { length: _length, ...place } = related.source.locate(related.path, true);
  return { ...placed, related: { ...place, message: related.message } };
}

export type PlainMap = Readonly<Record<string, unknown>>;

export function isPlainMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of plain data that is a map; never one of its prototype. */
export function memberOf(map: unknown, key: string): unknown {
  return isPlainMap(map) && Object.hasOwn(map, key) ? map[key] : undefined;
}
