/**
 * What a restore would do, computed before it is done: the preview is a value that people read and that
 * `applyRestore` consumes.
 */
import { existsSync, lstatSync } from 'node:fs';
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { decodeManifest, type Manifest, manifestFolder, manifestPath } from '../recovery-point/manifest.ts';
import type { Snapshot, SnapshotEntry } from '../repository/repository-types.ts';
import type { Destination } from '../source/destination.ts';
import type { SourceFinding } from '../source/source.ts';
import { type ColdSurvey, isWithinReach, surveyCold } from '../thaw/survey-cold.ts';
import { type ThawOffer, thawOffers } from '../thaw/thaw-offers.ts';
import type { Vault } from '../vault/vault.ts';
import type { PathChoice } from './path-choice.ts';
import { type Chosen, placeFindings } from './place-findings.ts';
import type { RestoreTarget } from './restore-target.ts';

export interface RestorePreview {
  readonly snapshot: Snapshot;
  readonly target: RestoreTarget;
  readonly choice: PathChoice;
  /** Milliseconds since the epoch of the state that comes back. */
  readonly capturedAtMs: number;
  /** What was committed within this time before `nowMs` is not in it. */
  readonly lossMs: number;
  /** Measured at the capture; empty where nothing is known of it. */
  readonly values: Manifest['values'];
  readonly files: number;
  readonly bytes: number;
  /** Of what would be overwritten, the first so many. */
  readonly overwrites: readonly string[];
  readonly overwriteCount: number;
  readonly findings: readonly SourceFinding[];
  /** What of it lies in an archive class and must be thawed first. Absent where the store has none. */
  readonly cold?: ColdParts;
  readonly destination?: Destination;
}

export interface ColdParts {
  readonly survey: ColdSurvey;
  /** How it can be thawed; none when nothing is cold. */
  readonly offers: readonly ThawOffer[];
}

export interface PreviewRequest {
  readonly vault: Vault;
  readonly snapshotId: string;
  readonly target: RestoreTarget;
  readonly choice: PathChoice;
  readonly nowMs: number;
  readonly signal?: AbortSignal;
}

const overwritesShown = 20;

export async function previewRestore(request: PreviewRequest): Promise<RestorePreview> {
  const { vault, target, choice, signal } = request;
  const snapshot = await vault.repository.snapshot(request.snapshotId, {}, signal);
  const chosen = await chosenEntries(request, snapshot);
  const manifest = await readManifest(vault, snapshot, signal);
  const capturedAtMs = manifest?.capturedAtMs ?? snapshot.timeMs;
  const destination =
    target.kind === 'in-place'
      ? target.destination((path) => chosen.paths.has(path.toString('latin1')))
      : undefined;
  const cold = await coldOf(request, snapshot);
  const overwrites = destination ? await destination.overwrites(signal) : overwritesInFolder(target, chosen);
  return {
    snapshot,
    target,
    choice,
    capturedAtMs,
    lossMs: Math.max(0, request.nowMs - capturedAtMs),
    values: manifest?.values ?? {},
    files: chosen.files,
    bytes: chosen.bytes,
    overwrites: overwrites.slice(0, overwritesShown),
    overwriteCount: overwrites.length,
    findings: [
      ...(destination ? await destination.preflight(signal) : []),
      ...placeFindings({ target, chosen, overwrites, isPart: choice.patterns.length > 0, destination }),
    ],
    ...(cold === undefined ? {} : { cold }),
    ...(destination === undefined ? {} : { destination }),
  };
}

/** What is restored of a snapshot: what was chosen, without our own file in it. */
export function selectionOf(choice: PathChoice): PathChoice['select'] {
  return (path, isDirectory) => (isManifest(path) ? 'skip' : choice.select(path, isDirectory));
}

function isManifest(path: Buffer): boolean {
  const text = path.toString('utf8');
  return text === `/${manifestFolder}` || text.startsWith(`/${manifestFolder}/`);
}

async function coldOf(
  { vault, choice, nowMs, signal }: PreviewRequest,
  snapshot: Snapshot,
): Promise<ColdParts | undefined> {
  const { archive, repository } = vault;
  if (archive === undefined) return undefined;
  const stop = signal === undefined ? {} : { signal };
  const needed = await repository.packsOfRestore(snapshot, { select: selectionOf(choice), ...stop });
  const survey = await surveyCold(archive, needed, { nowMs, ...stop });
  return { survey, offers: isWithinReach(survey) ? [] : thawOffers(archive.thaw, survey) };
}

async function chosenEntries({ vault, choice, signal }: PreviewRequest, snapshot: Snapshot): Promise<Chosen> {
  const paths = new Set<string>();
  const folders = new Set<string>();
  const links = new Set<string>();
  let files = 0;
  let bytes = 0;
  const listed = vault.repository.list(snapshot, signal === undefined ? {} : { signal });
  for await (const entry of listed) {
    if (!isChosen(entry, choice)) continue;
    const path = entry.path.toString('latin1');
    paths.add(path);
    if (entry.node.type === 'dir') folders.add(path);
    if (entry.node.type !== 'file') continue;
    files++;
    if (!isFurtherName(entry, links)) bytes += entry.node.size;
  }
  if (paths.size > 0) return { paths, folders, files, bytes };
  throw new LifeboatError(
    'PATH_NOT_FOUND',
    `nothing in snapshot ${snapshot.id.slice(0, 8)} matches ${choice.patterns.join(', ')}`,
    { hint: 'Run `lifeboat ls` to see what it holds.' },
  );
}

/** The bytes of a file with several names are there once, as they are after the restore. */
function isFurtherName({ node }: SnapshotEntry, seen: Set<string>): boolean {
  if (node.links <= 1) return false;
  const file = `${node.deviceId}:${node.inode}`;
  if (seen.has(file)) return true;
  seen.add(file);
  return false;
}

function isChosen({ path, node }: SnapshotEntry, choice: PathChoice): boolean {
  if (path.subarray(1).toString('utf8').split('/')[0] === manifestFolder) return false;
  return choice.select(path, node.type === 'dir') === 'take';
}

/** Folders are merged: of a folder that meets a folder nothing is overwritten. */
function overwritesInFolder(target: RestoreTarget, { paths, folders }: Chosen): readonly string[] {
  if (target.kind !== 'folder' || !existsSync(target.folder)) return [];
  const folder = Buffer.from(target.folder);
  return [...paths].flatMap((path) => {
    const place = Buffer.concat([folder, Buffer.from(path, 'latin1')]);
    const there = lstatSync(place, { throwIfNoEntry: false });
    return there === undefined || (there.isDirectory() && folders.has(path)) ? [] : [place.toString('utf8')];
  });
}

/** Snapshots that no plan made have none; of one that lies in an archive class the snapshot's own time has to do. */
async function readManifest(
  vault: Vault,
  snapshot: Snapshot,
  signal?: AbortSignal,
): Promise<Manifest | undefined> {
  if (!snapshot.tags?.some((tag) => tag.startsWith('system:'))) return undefined;
  const pieces: Buffer[] = [];
  try {
    for await (const piece of vault.repository.dump(snapshot, manifestPath, signal)) pieces.push(piece);
  } catch (error) {
    if (hasCode(error, 'OBJECT_COLD')) return undefined;
    throw error;
  }
  return decodeManifest(Buffer.concat(pieces));
}
