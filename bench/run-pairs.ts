/**
 * Runs every row with each program, one after the other, in turn first. Both start from the same state: files
 * read once before, what was written synced to the disk, repositories on the same file system.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { measureFolder, type Tree } from './choose-tree.ts';
import { type Contestant, makeHalfForgotten, type Place, type Restic } from './contestants.ts';
import { type Command, measure } from './measure.ts';
import { type RowName, s3DelayMs, type TrackName, tracksFor } from './rows.ts';
import { type SlowS3, startSlowS3 } from './start-slow-s3.ts';

export interface Measured {
  readonly row: RowName;
  readonly contestant: string;
  readonly pair: number;
  readonly wallS: number;
  readonly cpuS: number;
  readonly peakMb: number;
  /** Of the repository that was written to or read, when the command was done. */
  readonly repositoryBytes: number;
  /** What a restore brought back. */
  readonly restored?: { readonly files: number; readonly bytes: number };
}

export interface PairsRequest {
  readonly folder: string;
  readonly tree: Tree;
  readonly pairs: number;
  readonly rows: readonly RowName[];
  /** For the rows that were there first, and for all others. */
  readonly peers: { readonly local: Restic; readonly others: Restic };
  readonly lifeboat: Contestant;
  readonly say: (line: string) => void;
}

/** What one program has for one track of one pair. */
interface Ground {
  readonly contestant: Contestant;
  readonly place: Place;
  /** Where the bytes of repository and copy lie. */
  readonly folder: string;
  readonly secondFolder: string;
}

interface Surroundings {
  /** There when a row wants it. */
  readonly store: SlowS3 | undefined;
  /** Folder of the repository that prunes begin with. */
  readonly halfForgotten: string;
}

export async function runPairs(request: PairsRequest): Promise<Measured[]> {
  if (request.rows.length === 0) return [];
  for (const folder of request.tree.paths) readAll(folder);
  const wanted = tracksFor(request.rows);
  const wantsStore = wanted.some(({ track }) => track === 's3');
  await using store = wantsStore ? await startSlowS3(path.join(request.folder, 's3'), s3DelayMs) : undefined;
  const surroundings = { store, halfForgotten: path.join(request.folder, 'half-forgotten') };
  const measured: Measured[] = [];
  for (const { track, rows } of wanted) {
    if (track === 'prune') prepareHalfForgotten(request, surroundings);
    for (let pair = 0; pair < request.pairs; pair++)
      measured.push(...runPair(request, surroundings, track, rows, pair));
    fs.rmSync(surroundings.halfForgotten, { recursive: true, force: true });
  }
  return measured.filter(({ row }) => request.rows.includes(row));
}

function runPair(
  request: PairsRequest,
  surroundings: Surroundings,
  track: TrackName,
  rows: readonly RowName[],
  pair: number,
): Measured[] {
  const peer = track === 'local' ? request.peers.local : request.peers.others;
  const order = pair % 2 === 0 ? [request.lifeboat, peer] : [peer, request.lifeboat];
  const grounds = order.map((contestant) => makeGround(request, surroundings, track, contestant, pair));
  for (const ground of grounds) prepare(request, surroundings, track, ground);
  const measured: Measured[] = [];
  for (const row of rows) {
    for (const ground of grounds) {
      const result = runRow(request, row, ground);
      const contestant = ground.contestant.name;
      measured.push({ row, contestant, pair, ...result });
      request.say(
        `pair ${pair + 1} ${row} ${contestant}: ${result.wallS.toFixed(1)} s, processor ${result.cpuS.toFixed(1)} s, ${result.peakMb.toFixed(0)} MB`,
      );
    }
  }
  for (const { place, folder, secondFolder } of grounds)
    for (const used of [folder, secondFolder, place.scratch])
      fs.rmSync(used, { recursive: true, force: true });
  return measured;
}

function makeGround(
  { folder }: PairsRequest,
  { store }: Surroundings,
  track: TrackName,
  contestant: Contestant,
  pair: number,
): Ground {
  const { name } = contestant;
  const scratch = path.join(folder, `${name}-scratch`);
  fs.mkdirSync(scratch, { recursive: true });
  const inStore = track === 's3' ? store : undefined;
  // the store remembers what it had, so each pair has names of its own there
  const inBucket = `bench/${name}-${pair}`;
  const own = inStore ? path.join(inStore.folder, inBucket) : path.join(folder, `${name}-repository`);
  const secondFolder = `${own}-copy`;
  return {
    contestant,
    folder: own,
    secondFolder,
    place: {
      repository: inStore ? `s3:${inStore.endpoint}/${inBucket}` : own,
      second: secondFolder,
      scratch,
      environment: inStore?.environment ?? {},
    },
  };
}

/** What is not measured. */
function prepare(
  { tree }: PairsRequest,
  { halfForgotten }: Surroundings,
  track: TrackName,
  { contestant, place, folder }: Ground,
): void {
  if (track === 'copy') for (const command of contestant.prepareCopy(place, tree.paths)) measure(command);
  if (track === 'local' || track === 's3') measure(contestant.init(place));
  if (track !== 'prune') return;
  // objects never change, so that two names for each are a copy
  mustRun('cp', '-al', halfForgotten, folder);
  if (contestant.name === 'restic') mustRun('cp', '-a', `${halfForgotten}-scratch/cache`, place.scratch);
}

function prepareHalfForgotten({ peers, tree }: PairsRequest, { halfForgotten }: Surroundings): void {
  const scratch = `${halfForgotten}-scratch`;
  fs.mkdirSync(scratch, { recursive: true });
  const place: Place = { repository: halfForgotten, second: '', scratch, environment: {} };
  for (const command of makeHalfForgotten(peers.others, place, tree.paths)) measure(command);
}

function runRow(
  { folder, tree }: PairsRequest,
  row: RowName,
  ground: Ground,
): Omit<Measured, 'row' | 'contestant' | 'pair'> {
  const target = path.join(folder, 'restored');
  warm(row, tree, ground);
  const { wallS, cpuS, peakMb } = measure(commandOf(row, ground, tree, target));
  const repositoryBytes = measureFolder(isCopy(row) ? ground.secondFolder : ground.folder).bytes;
  const restored = isRestore(row) ? { restored: measureFolder(target) } : {};
  fs.rmSync(target, { recursive: true, force: true });
  return { wallS, cpuS, peakMb, repositoryBytes, ...restored };
}

function commandOf(row: RowName, { contestant, place }: Ground, tree: Tree, target: string): Command {
  switch (row) {
    case 'first':
    case 'unchanged':
    case 's3-first':
    case 's3-unchanged':
      return contestant.backup(place, tree.paths);
    case 'restore':
    case 's3-restore':
      return contestant.restore(place, target);
    case 'check':
    case 's3-check':
      return contestant.check(place);
    case 'prune':
      return contestant.prune(place);
    case 'copy':
    case 'copied':
      return contestant.copy(place);
  }
}

/** The same state before every command: its input in memory, earlier output on the disk. */
function warm(row: RowName, tree: Tree, { folder, secondFolder }: Ground): void {
  spawnSync('sync');
  const folders = isBackup(row) ? tree.paths : [folder, ...(isCopy(row) ? [secondFolder] : [])];
  for (const read of folders) readAll(read);
}

const isBackup = (row: RowName): boolean => /first$|unchanged$/.test(row);
const isRestore = (row: RowName): boolean => /restore$/.test(row);
const isCopy = (row: RowName): boolean => /^cop/.test(row);

function readAll(folder: string): void {
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  for (const entry of fs.readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const fd = fs.openSync(path.join(entry.parentPath, entry.name), 'r');
    try {
      while (fs.readSync(fd, buffer, 0, buffer.length, null) > 0);
    } finally {
      fs.closeSync(fd);
    }
  }
}

function mustRun(file: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}: ${stderr}`);
}
