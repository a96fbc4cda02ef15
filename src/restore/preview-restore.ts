/**
 * What a restore would do, computed before it is done: the preview is a value that people read and that
 * `applyRestore` consumes.
 */
import { existsSync, readdirSync } from 'node:fs';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { fileSystemFree } from '../platform/posix/device.ts';
import { decodeManifest, type Manifest, manifestFolder, manifestPath } from '../recovery-point/manifest.ts';
import type { Snapshot, SnapshotEntry } from '../repository/repository-types.ts';
import type { Destination } from '../source/destination.ts';
import type { SourceFinding } from '../source/source.ts';
import type { Vault } from '../vault/vault.ts';
import type { PathChoice } from './path-choice.ts';

export type RestoreTarget =
  /** Below a folder, under the full stored paths. */
  | { readonly kind: 'folder'; readonly folder: string }
  /** Where the system lives. `stagingParent` is on the same file system. */
  | { readonly kind: 'in-place'; readonly destination: DestinationMaker; readonly stagingParent: string };

/** Makes the destination once it is known what arrives. */
export type DestinationMaker = (arriving: (path: Buffer) => boolean) => Destination;

export interface RestorePreview {
  readonly snapshot: Snapshot;
  readonly target: RestoreTarget;
  readonly choice: PathChoice;
  /** Milliseconds since the epoch of the state that comes back. */
  readonly capturedAtMs: number;
  /** What was committed within this time before `nowMs` is not in it. */
  readonly lossMs: number;
  readonly files: number;
  readonly bytes: number;
  /** Of what would be overwritten, the first so many. */
  readonly overwrites: readonly string[];
  readonly overwriteCount: number;
  readonly findings: readonly SourceFinding[];
  readonly destination?: Destination;
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
  const capturedAtMs = (await readManifest(vault, snapshot, signal))?.capturedAtMs ?? snapshot.timeMs;
  const destination =
    target.kind === 'in-place'
      ? target.destination((path) => chosen.paths.has(path.toString('latin1')))
      : undefined;
  const overwrites = destination ? await destination.overwrites(signal) : overwritesInFolder(target, chosen);
  return {
    snapshot,
    target,
    choice,
    capturedAtMs,
    lossMs: Math.max(0, request.nowMs - capturedAtMs),
    files: chosen.files,
    bytes: chosen.bytes,
    overwrites: overwrites.slice(0, overwritesShown),
    overwriteCount: overwrites.length,
    findings: [
      ...(destination ? await destination.preflight(signal) : []),
      ...roomFindings(target, chosen.bytes),
    ],
    ...(destination === undefined ? {} : { destination }),
  };
}

interface Chosen {
  /** Stored paths in Latin-1. */
  readonly paths: ReadonlySet<string>;
  readonly files: number;
  readonly bytes: number;
}

async function chosenEntries({ vault, choice, signal }: PreviewRequest, snapshot: Snapshot): Promise<Chosen> {
  const paths = new Set<string>();
  let files = 0;
  let bytes = 0;
  for await (const { path, node } of vault.repository.list(
    snapshot,
    signal === undefined ? {} : { signal },
  )) {
    if (!isChosen({ path, node }, choice)) continue;
    paths.add(path.toString('latin1'));
    if (node.type === 'file') files++;
    bytes += node.size;
  }
  if (files > 0 || paths.size > 0) return { paths, files, bytes };
  throw new LifeboatError(
    'PATH_NOT_FOUND',
    `nothing in snapshot ${snapshot.id.slice(0, 8)} matches ${choice.patterns.join(', ')}`,
    {
      hint: 'Run `lifeboat ls` to see what it holds.',
    },
  );
}

function isChosen({ path, node }: SnapshotEntry, choice: PathChoice): boolean {
  if (path.subarray(1).toString('utf8').split('/')[0] === manifestFolder) return false;
  return choice.select(path, node.type === 'dir') === 'take';
}

function overwritesInFolder(target: RestoreTarget, chosen: Chosen): readonly string[] {
  if (target.kind !== 'folder' || !existsSync(target.folder) || readdirSync(target.folder).length === 0)
    return [];
  return [...chosen.paths]
    .map((path) => target.folder + Buffer.from(path, 'latin1').toString('utf8'))
    .filter((path) => existsSync(path));
}

function roomFindings(target: RestoreTarget, bytes: number): readonly SourceFinding[] {
  const folder = nearestExisting(target.kind === 'folder' ? target.folder : target.stagingParent);
  const { availableBytes } = fileSystemFree(folder);
  if (availableBytes > bytes) return [];
  return [
    {
      severity: 'error',
      message: `${folder} has ${availableBytes} bytes left, too few for ${bytes} bytes`,
      hint: 'Free some space, or restore to another disk with --to.',
    },
  ];
}

function nearestExisting(folder: string): string {
  let path = folder;
  while (!existsSync(path) && path !== '/') path = path.slice(0, Math.max(path.lastIndexOf('/'), 1));
  return path;
}

/** Snapshots that no plan made have none. */
async function readManifest(
  vault: Vault,
  snapshot: Snapshot,
  signal?: AbortSignal,
): Promise<Manifest | undefined> {
  if (!snapshot.tags?.some((tag) => tag.startsWith('system:'))) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of vault.repository.dump(snapshot, manifestPath, signal)) pieces.push(piece);
  return decodeManifest(Buffer.concat(pieces));
}
