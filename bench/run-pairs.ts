/**
 * Runs every row with each program, one after the other, in turn first. Both start from the same state: files
 * read once before, what was written synced to the disk, repositories on the same file system.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { measureFolder, type Tree } from './choose-tree.ts';
import type { Contestant, Place } from './contestants.ts';
import { type Command, measure } from './measure.ts';

export const rowNames = ['first', 'unchanged', 'restore', 'check'] as const;
export type RowName = (typeof rowNames)[number];

export interface Measured {
  readonly row: RowName;
  readonly contestant: string;
  readonly pair: number;
  readonly wallS: number;
  readonly cpuS: number;
  readonly peakMb: number;
  /** Of the repository when the command was done. */
  readonly repositoryBytes: number;
  /** What a restore brought back. */
  readonly restored?: { readonly files: number; readonly bytes: number };
}

export interface PairsRequest {
  readonly folder: string;
  readonly tree: Tree;
  readonly pairs: number;
  readonly rows: readonly RowName[];
  readonly contestants: readonly Contestant[];
  readonly say: (line: string) => void;
}

export async function runPairs(request: PairsRequest): Promise<Measured[]> {
  if (request.rows.length === 0) return [];
  for (const folder of request.tree.paths) await readAll(folder);
  const measured: Measured[] = [];
  for (let pair = 0; pair < request.pairs; pair++) {
    const order = pair % 2 === 0 ? request.contestants : request.contestants.toReversed();
    measured.push(...(await runPair(request, pair, order)));
  }
  return measured;
}

async function runPair(
  request: PairsRequest,
  pair: number,
  order: readonly Contestant[],
): Promise<Measured[]> {
  const measured: Measured[] = [];
  const places = new Map(order.map(({ name }) => [name, makePlace(request.folder, name)]));
  for (const row of neededRows(request.rows)) {
    for (const contestant of order) {
      const place = places.get(contestant.name) as Place;
      const result = await runRow(request, row, contestant, place);
      measured.push({ row, contestant: contestant.name, pair, ...result });
      request.say(
        `pair ${pair + 1} ${row} ${contestant.name}: ${result.wallS.toFixed(1)} s, processor ${result.cpuS.toFixed(1)} s, ${result.peakMb.toFixed(0)} MB`,
      );
    }
  }
  for (const { repository, scratch } of places.values())
    for (const used of [repository, scratch]) fs.rmSync(used, { recursive: true, force: true });
  return measured.filter(({ row }) => request.rows.includes(row));
}

/** All but `unchanged` are needed by what comes after; the first backup by everything. */
function neededRows(rows: readonly RowName[]): readonly RowName[] {
  return rowNames.filter((row) => row === 'first' || rows.includes(row));
}

function makePlace(folder: string, name: string): Place {
  const scratch = path.join(folder, `${name}-scratch`);
  fs.mkdirSync(scratch, { recursive: true });
  return { repository: path.join(folder, `${name}-repository`), scratch };
}

async function runRow(
  { folder, tree }: PairsRequest,
  row: RowName,
  contestant: Contestant,
  place: Place,
): Promise<Omit<Measured, 'row' | 'contestant' | 'pair'>> {
  if (row === 'first') measure(contestant.init(place));
  const target = path.join(folder, 'restored');
  await warm(row, tree, place);
  const { wallS, cpuS, peakMb } = measure(commandOf(row, contestant, place, tree, target));
  const repositoryBytes = measureFolder(place.repository).bytes;
  const restored = row === 'restore' ? { restored: measureFolder(target) } : {};
  fs.rmSync(target, { recursive: true, force: true });
  return { wallS, cpuS, peakMb, repositoryBytes, ...restored };
}

function commandOf(row: RowName, contestant: Contestant, place: Place, tree: Tree, target: string): Command {
  if (row === 'restore') return contestant.restore(place, target);
  return row === 'check' ? contestant.check(place) : contestant.backup(place, tree.paths);
}

/** The same state before every command: its input in memory, earlier output on the disk. */
async function warm(row: RowName, tree: Tree, place: Place): Promise<void> {
  spawnSync('sync');
  const folders = row === 'restore' || row === 'check' ? [place.repository] : tree.paths;
  for (const folder of folders) await readAll(folder);
}

async function readAll(folder: string): Promise<void> {
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
