/** What speaks against bringing chosen entries to a place: that they do not belong there, or that there is no room. */
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { fileSystemFree } from '../platform/posix/device.ts';
import type { Destination } from '../source/destination.ts';
import type { SourceFinding } from '../source/source.ts';
import type { InPlace, RestoreTarget } from './restore-target.ts';
import { nearestFolder } from './staging.ts';

export interface Chosen {
  /** Stored paths in Latin-1. */
  readonly paths: ReadonlySet<string>;
  /** Those of them that are folders. */
  readonly folders: ReadonlySet<string>;
  readonly files: number;
  readonly bytes: number;
}

export interface PlacedChoice {
  readonly target: RestoreTarget;
  readonly chosen: Chosen;
  /** Paths of what would be overwritten. */
  readonly overwrites: readonly string[];
  /** Only some paths were asked for. */
  readonly isPart: boolean;
  readonly destination: Destination | undefined;
}

/** Raises the system's errors. */
export function placeFindings(choice: PlacedChoice): readonly SourceFinding[] {
  const { target, chosen, overwrites } = choice;
  if (target.kind === 'folder')
    return [...liveFindings(target, chosen), ...roomFinding(target.folder, chosen.bytes)];
  return [
    ...targetFindings(choice),
    ...roomFinding(target.stagingParent, chosen.bytes),
    ...safetyRoomFindings(target, overwrites),
  ];
}

/** A plan may have changed its paths since the point was made: what has no place now would silently stay away. */
function targetFindings({ destination, chosen, isPart }: PlacedChoice): readonly SourceFinding[] {
  const targets = (destination?.targets ?? []).map((path) => path.toString('latin1'));
  const paths = [...chosen.paths];
  const absent = targets.filter((target) => !paths.some((path) => isWithin(path, target)));
  const strays = paths.filter(
    (path) => !chosen.folders.has(path) && !targets.some((target) => isWithin(path, target)),
  );
  const [missing] = absent;
  const [stray] = strays;
  const arrives = shown(stray ?? paths[0] ?? '');
  if (missing !== undefined && (!isPart || absent.length === targets.length))
    return [missingTarget(shown(missing), arrives)];
  if (stray === undefined) return [];
  return [
    {
      severity: 'warning',
      message: `${strays.length === 1 ? '1 entry has' : `${strays.length} entries have`} no place in the system, and will stay away, such as ${arrives}`,
      hint: 'Bring them back with --to DIR.',
    },
  ];
}

function missingTarget(target: string, arrives: string): SourceFinding {
  return {
    severity: 'error',
    message: `nothing that would come back belongs to ${target}: the point holds ${arrives}`,
    hint: 'Restore with --to DIR and bring it over by hand, or use the plan as it was at the time of the point.',
  };
}

/** A folder is for a copy beside the system. The root, or a link to it, is where the system lives. */
function liveFindings(
  { folder, live }: { readonly folder: string; readonly live: readonly string[] },
  { paths }: Chosen,
): readonly SourceFinding[] {
  const root = nearestFolder(folder);
  const real = latin1(realpathSync(root) + folder.slice(root.length)).replace(/\/+$/, '');
  const places = live.flatMap((path) => [latin1(path), latin1(realOf(path))]);
  const outside = places.filter((place) => !isWithin(real, place));
  const hit = [...paths].find((path) => outside.some((place) => isWithin(real + path, place)));
  if (real !== '' && hit === undefined) return [];
  return [
    {
      severity: 'error',
      message: `below ${folder} lies the system itself: ${shown(real + (hit ?? [...paths][0] ?? ''))} is no copy`,
      hint: 'Say --in-place to put the system back, with a safety copy, or name another folder with --to.',
    },
  ];
}

function realOf(path: string): string {
  const there = nearestFolder(path);
  return realpathSync(there) + path.slice(there.length);
}

/** The copy of what is kept on the file system of the data is a second name, and takes no room. */
function safetyRoomFindings(
  { safetyParent }: InPlace,
  overwrites: readonly string[],
): readonly SourceFinding[] {
  if (safetyParent === undefined) return [];
  const { dev } = statSync(nearestFolder(safetyParent));
  let bytes = 0;
  for (const path of overwrites) {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isFile() && stats.dev !== dev) bytes += stats.size;
  }
  if (bytes === 0) return [];
  const hint = 'Free some space there, or say --without-safety-copy: then there is no way back.';
  return roomFinding(safetyParent, bytes, { what: ' of the safety copy', hint });
}

function roomFinding(
  place: string,
  bytes: number,
  { what, hint } = { what: '', hint: 'Free some space, or restore to another disk with --to.' },
): readonly SourceFinding[] {
  const folder = nearestFolder(place);
  const { availableBytes } = fileSystemFree(folder);
  if (availableBytes > bytes) return [];
  const message = `${folder} has ${availableBytes} bytes left, too few for ${bytes} bytes${what}`;
  return [{ severity: 'error', message, hint }];
}

/** Paths without a slash at their end; the root is empty or a slash. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' || folder === '' ? '/' : `${folder}/`);
}

function latin1(path: string): string {
  return Buffer.from(path).toString('latin1');
}

function shown(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}
