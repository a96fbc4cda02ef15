import { sourcePaths } from '../resolve-source.ts';
import type { ResolvedPlan, ResolvedSystem } from '../resolved-plan.ts';
import { sameText } from './live-restore.ts';

/** The system whose data lives at a place that a command names: a folder, or `s3://bucket/…`. */
export function livePlace(plan: ResolvedPlan, place: string): string | undefined {
  return placesOf(plan).find(({ isAt }) => isAt(place))?.system;
}

interface LivePlace {
  readonly system: string;
  readonly isAt: (place: string) => boolean;
}

const known = new WeakMap<ResolvedPlan, readonly LivePlace[]>();

function placesOf(plan: ResolvedPlan): readonly LivePlace[] {
  const before = known.get(plan);
  if (before !== undefined) return before;
  const places = plan.systems.flatMap(systemPlaces);
  known.set(plan, places);
  return places;
}

function systemPlaces({ name, source }: ResolvedSystem): readonly LivePlace[] {
  if (source === undefined) return [];
  if (source.kind === 's3') {
    const { bucket } = source;
    return [{ system: name, isAt: (place) => sameText(bucket, bucketOf(place) ?? '') }];
  }
  const folders = sourcePaths(source).map(plainFolder);
  return folders.map((folder) => ({
    system: name,
    isAt: (place) => isSameFolder(plainFolder(place), folder),
  }));
}

function bucketOf(place: string): string | undefined {
  return /^(?:s3|gs):\/\/([^/]+)/.exec(place)?.[1];
}

/** Only absolute folders and those that begin alike can be told to be the same. */
function isSameFolder(place: string, folder: string): boolean {
  if (folder === '' || place === '' || folder === '.') return false;
  return place === folder || place.startsWith(`${folder}/`);
}

function plainFolder(path: string): string {
  return path.replace(/^\.\//, '').replace(/\/\.?$/, '');
}
