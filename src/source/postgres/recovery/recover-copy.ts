/**
 * Makes a usable data directory of a restored base: replays the log to the target, ends the recovery there, stops the
 * server, and leaves the copy isolated, so that somebody can look at it and nobody meets it by accident.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from '../../../platform/atomic-file.ts';
import { processIsAlive } from '../../../platform/host.ts';
import type { SourceFinding } from '../../source.ts';
import { parseControlFile } from '../files/control-file.ts';
import { namesIn } from '../names-in.ts';
import { findServer, type ServerPrograms } from '../server/find-server.ts';
import { closedFolders, closedTo, makeSocketFolder, tablespacesIn } from '../server/restored-place.ts';
import { sandboxSettings, settingLines } from '../server/sandbox-settings.ts';
import { giveTo, type ServerUser, serverUser } from '../server/server-user.ts';
import type { PlannedRecovery } from './choose-recovery.ts';
import { checkPartFiles, type ExtractedFile, extractParts, type WantedParts } from './extract-parts.ts';
import { isolatedConf, withholdControl } from './lay-out-cluster.ts';
import { moveTablespaces } from './move-tablespaces.ts';
import { type RecoveredCluster, type RecoveryProgress, recoverCluster } from './recover-cluster.ts';

export interface CopyOptions {
  readonly planned: PlannedRecovery;
  /** The restored `/postgresql`. */
  readonly folder: string;
  /** By OID or by the folder that it was in. */
  readonly tablespaces: ReadonlyMap<string, string>;
  readonly superuser?: string;
  readonly onProgress?: (progress: RecoveryProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface CopyResult {
  readonly data: string;
  /** The server's own words. */
  readonly proof: string;
  readonly replayedTo: bigint;
  readonly lastTransactionUs?: number;
  readonly fetchedBytes: number;
  /** The new timeline, which began where the replay ended. */
  readonly timeline: number;
  readonly phases: { readonly layOutMs: number; readonly replayMs: number; readonly openMs: number };
  readonly openWith: readonly string[];
}

/** Not the usual one, so that nobody takes the copy for the original. */
const portOfCopy = 54_329;
const socketPathMax = 90;

/** Raises what `recoverCluster` raises; the data directory then cannot be started. */
export async function recoverCopy(options: CopyOptions): Promise<CopyResult> {
  const parts = await partsOf(options);
  const { data } = parts;
  try {
    const { replayed, done } = await replayAnd(options, parts, async (cluster) => {
      const { timeline, openMs } = await cluster.promote(options.signal);
      return { openMs, done: timeline };
    });
    const openWith = await settleCopy({ ...parts, folder: options.folder });
    return { ...replayed, timeline: done, data, openWith };
  } catch (error) {
    await withholdControl(data).catch(() => undefined);
    throw error;
  }
}

/** Copies parts out of it, and leaves nothing that could be started. */
export async function extractFromCopy(
  options: CopyOptions & { readonly wanted: WantedParts },
): Promise<ReplayedCopy & { readonly files: readonly ExtractedFile[] }> {
  const parts = await partsOf(options);
  const { wanted, signal } = options;
  const { replayed, done } = await replayAnd(options, parts, async (cluster, workFolder) => {
    // While it is paused, a transaction that had not ended yet holds its locks, such as that of a table it drops.
    const { openMs } = await cluster.promote(signal);
    const { server } = cluster;
    const { major } = parts.programs;
    return { openMs, done: await extractParts({ server, major, wanted, workFolder, signal }) };
  });
  return { ...replayed, files: done };
}

export interface CopyPlace extends Pick<CopyOptions, 'folder' | 'tablespaces'> {
  /** Only these come back: where their files go must be free as well. */
  readonly wanted?: Omit<WantedParts, 'ofDatabase'> | undefined;
}

/** Raises nothing for what a person can mend: each is a finding. `folder` need not be there yet. */
export async function checkCopyPlace(
  planned: PlannedRecovery,
  { folder, tablespaces, wanted }: CopyPlace,
  signal?: AbortSignal,
): Promise<readonly SourceFinding[]> {
  const findings: SourceFinding[] = [];
  const findingOf = ({ message, hint }: { message: string; hint?: string | undefined }) =>
    findings.push({ severity: 'error', message, hint: hint ?? '' });
  const { position } = planned.point;
  const major = position.kind === 'postgres' ? Number.parseInt(position.serverVersion, 10) : 0;
  await findServer({ major, folders: [], signal }).catch(findingOf);
  const user = serverUser();
  for (const place of [folder, ...tablespaces.values()]) {
    const [closed] = await closedFolders(user, place);
    const hint = 'choose a folder that other users may enter, or run Lifeboat as the user postgres.';
    if (closed !== undefined) findingOf(closedTo(closed.folder, hint));
  }
  if ((await namesIn(path.join(folder, 'data'))).length > 0) findings.push(...(await olderCopy(folder)));
  for (const place of tablespaces.values()) {
    if ((await namesIn(place)).length > 0)
      findingOf({
        message: `the folder ${place} for a tablespace is not empty`,
        hint: 'Name a folder that is empty or not there yet.',
      });
  }
  if (wanted !== undefined) (await checkPartFiles(wanted)).forEach(findingOf);
  return findings;
}

/** Of what is replaced nothing is kept, and what runs on it would write into it meanwhile. */
async function olderCopy(folder: string): Promise<readonly SourceFinding[]> {
  const gone: SourceFinding = {
    severity: 'warning',
    message: `with --overwrite everything in ${folder} that the backup does not have will be removed`,
    hint: 'Files that are as in the backup already stay as they are.',
  };
  const text = await fs.readFile(path.join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!(pid > 0) || !processIsAlive(pid)) return [gone];
  const message = `a server runs on ${path.join(folder, 'data')}, process ${pid}`;
  return [{ severity: 'error', message, hint: 'Stop it first.' }, gone];
}

interface Parts {
  readonly data: string;
  readonly programs: ServerPrograms;
  readonly user: ServerUser | undefined;
  readonly tablespaces: ReadonlyMap<string, string>;
}

async function partsOf(options: CopyOptions): Promise<Parts> {
  const { folder, signal } = options;
  const data = path.join(folder, 'data');
  const programs = await findServer({ major: await majorOf(options), folders: [], signal });
  const user = serverUser();
  const own = await tablespacesIn(folder);
  const tablespaces = await moveTablespaces({ data, own, wanted: options.tablespaces }, signal);
  await giveTo(user, folder);
  return { data, programs, user, tablespaces };
}

export type ReplayedCopy = Omit<CopyResult, 'data' | 'openWith' | 'timeline'>;

/** What is to be done with the running server, once it stands where it was asked to. */
type Act<T> = (
  cluster: RecoveredCluster,
  work: string,
) => Promise<{ readonly openMs: number; readonly done: T }>;

async function replayAnd<T>(
  options: CopyOptions,
  parts: Parts,
  act: Act<T>,
): Promise<{ readonly replayed: ReplayedCopy; readonly done: T }> {
  const { planned, folder, superuser, signal } = options;
  const { choice, target, log, histories } = planned;
  let fetchedBytes = 0;
  await using owned = new AsyncDisposableStack();
  const work = path.join(folder, 'recovery');
  owned.defer(async () => await fs.rm(work, { recursive: true, force: true }));
  const cluster: RecoveredCluster = owned.use(
    await recoverCluster({
      ...{ ...parts, choice, target, log, histories, work, signal },
      socket: await makeSocketFolder(parts.user, owned),
      ...(superuser === undefined ? {} : { superuser }),
      onProgress: (progress) => {
        fetchedBytes = Math.max(fetchedBytes, progress.fetchedBytes);
        options.onProgress?.(progress);
      },
    }),
  );
  const { openMs, done } = await act(cluster, work);
  const { proof, replayedTo, lastTransactionUs, phases } = cluster;
  const replayed = {
    ...{ proof, replayedTo, fetchedBytes, phases: { ...phases, openMs } },
    ...(lastTransactionUs === undefined ? {} : { lastTransactionUs }),
  };
  return { replayed, done };
}

/** Starting it by hand must work without the recovery, and reach nobody. */
async function settleCopy({
  data,
  folder,
  programs,
  user,
}: Omit<Parts, 'tablespaces'> & { readonly folder: string }): Promise<readonly string[]> {
  const door = path.join(folder, 'isolated');
  await fs.mkdir(door, { recursive: true, mode: 0o700 });
  const [hbaFile, identFile] = [path.join(door, 'pg_hba.conf'), path.join(door, 'pg_ident.conf')];
  await fs.writeFile(hbaFile, 'local all all trust\n', { mode: 0o600 });
  await fs.writeFile(identFile, '', { mode: 0o600 });
  await giveTo(user, door);
  const socket = Buffer.byteLength(door) > socketPathMax ? '' : door;
  const { parameters } = parseControlFile(await fs.readFile(path.join(data, 'global/pg_control')));
  const { major } = programs;
  const place = { major, socket, port: portOfCopy, hbaFile, identFile, parameters, isDurable: true };
  await writeFileAtomically(path.join(data, isolatedConf), settingLines(sandboxSettings(place)));
  if (user !== undefined) await fs.chown(path.join(data, isolatedConf), user.uid, user.gid);
  if (socket === '') return [];
  return [
    `${path.join(programs.folder, 'postgres')} -D ${data}${user === undefined ? '' : ', as the user that owns it'}`,
    `psql -h ${door} -p ${portOfCopy}`,
  ];
}

async function majorOf({ folder, planned }: CopyOptions): Promise<number> {
  const text = await fs.readFile(path.join(folder, 'data', 'PG_VERSION'), 'utf8').catch(() => '');
  const { position } = planned.point;
  const ofPoint = position.kind === 'postgres' ? position.serverVersion : '';
  return Number.parseInt(text.trim() === '' ? ofPoint : text, 10);
}
