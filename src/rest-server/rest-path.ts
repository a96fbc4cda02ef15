/**
 * What the path of a request means: which repository, and what in it. Only what can be a key of a repository comes
 * through; everything else, such as `..` in any disguise, is no path of ours.
 */
import { isKey, isSegment } from '../object-store/key.ts';

const objectTypes = ['data', 'keys', 'index', 'snapshots', 'locks'] as const;
export type ObjectType = (typeof objectTypes)[number];

export type RestTarget =
  | { readonly kind: 'repository'; readonly segments: readonly string[] }
  | { readonly kind: 'config'; readonly segments: readonly string[]; readonly key: string }
  | {
      readonly kind: 'list';
      readonly segments: readonly string[];
      readonly type: ObjectType;
      /** Where the objects of the type lie, with a slash at its end. */
      readonly prefix: string;
    }
  | {
      readonly kind: 'object';
      readonly segments: readonly string[];
      readonly type: ObjectType;
      readonly id: string;
      readonly key: string;
    };

/** Folders between the place that is served and a repository. */
const depthMax = 8;
const pathLengthMax = 2048;
/** Names inside a repository, and Lifeboat's own beside it: no repository is in there. */
const reserved: ReadonlySet<string> = new Set([...objectTypes, 'config', 'lifeboat', 'tmp']);

/** `path` as it stands in the request line, without the query. `undefined`: it means nothing here. */
export function parseRestPath(path: string): RestTarget | undefined {
  const parts = segmentsOf(path);
  if (parts === undefined) return undefined;
  const [last = '', beforeLast = ''] = parts.toReversed();
  if (last === 'config') return configIn(parts.slice(0, -1));
  const type = typeOf(last);
  if (type !== undefined) return listIn(parts.slice(0, -1), type);
  const parent = typeOf(beforeLast);
  if (parent !== undefined) return objectIn(parts.slice(0, -2), parent, last);
  return isPlace(parts) ? { kind: 'repository', segments: parts } : undefined;
}

/** Split first, decoded then: an encoded slash is no slash. */
function segmentsOf(path: string): string[] | undefined {
  if (!path.startsWith('/') || path.length > pathLengthMax) return undefined;
  const parts = path.slice(1).split('/');
  if (parts.at(-1) === '') parts.pop();
  try {
    return parts.map((part) => decodeURIComponent(part));
  } catch {
    return undefined;
  }
}

function configIn(segments: readonly string[]): RestTarget | undefined {
  if (!isPlace(segments)) return undefined;
  return { kind: 'config', segments, key: [...segments, 'config'].join('/') };
}

function listIn(segments: readonly string[], type: ObjectType): RestTarget | undefined {
  if (!isPlace(segments)) return undefined;
  return { kind: 'list', segments, type, prefix: `${[...segments, type].join('/')}/` };
}

function objectIn(segments: readonly string[], type: ObjectType, id: string): RestTarget | undefined {
  if (!isPlace(segments) || !isId(id)) return undefined;
  const below = type === 'data' ? [id.slice(0, 2), id] : [id];
  return { kind: 'object', segments, type, id, key: [...segments, type, ...below].join('/') };
}

function isPlace(segments: readonly string[]): boolean {
  if (segments.length > depthMax || segments.some((segment) => reserved.has(segment.toLowerCase())))
    return false;
  if (segments.length === 0) return true;
  return isKey(segments.join('/')) && segments.every((segment) => isSegment(segment) && isKey(segment));
}

/** Names in a repository are the SHA-256 of what they name. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

function typeOf(segment: string): ObjectType | undefined {
  return objectTypes.find((type) => type === segment);
}
