/**
 * Makes a restored data directory startable, in an order in which a crash at any moment leaves one that no server
 * starts from: `pg_control` is taken away first and put back last.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';
import { syncFolder, writeFileAtomically } from '../../../platform/atomic-file.ts';
import { type BackupLabel, parseBackupLabel } from '../files/backup-label.ts';
import { type ControlFile, parseControlFile } from '../files/control-file.ts';
import { encodeTablespaceMap, parseTablespaceMap } from '../files/tablespace-map.ts';
import { namesIn } from '../names-in.ts';
import { type Settings, settingLines } from '../server/sandbox-settings.ts';
import { giveTo, type ServerUser } from '../server/server-user.ts';

export interface ClusterPlace {
  /** The restored data directory. */
  readonly data: string;
  /** Where the restored tablespaces lie now, by OID. */
  readonly tablespaces: ReadonlyMap<string, string>;
  readonly user: ServerUser | undefined;
}

export interface HeldCluster extends ClusterPlace {
  readonly major: number;
  readonly control: ControlFile;
  readonly label: BackupLabel;
}

export const signalFiles = ['recovery.signal', 'standby.signal'] as const;
const heldControl = 'global/pg_control.held';
const control = 'global/pg_control';
/** The settings of the isolation stand in it. */
export const isolatedConf = 'postgresql.auto.conf';
const autoConf = isolatedConf;
/** Those of the original. */
export const savedAutoConf = 'postgresql.auto.conf.original';
/** What belongs to the life of the server that was captured. */
const leftovers = [
  'postmaster.pid',
  'postmaster.opts',
  'recovery.done',
  'backup_label.old',
  'tablespace_map.old',
  ...signalFiles,
];

/**
 * Takes `pg_control` away and says what the cluster is. `begun` is the label of one whose recovery goes on: the server
 * puts it aside when it has written down in `pg_control` what it says. Raises SOURCE_INVALID, SOURCE_DAMAGED, SOURCE_UNSUPPORTED.
 */
export async function holdCluster(place: ClusterPlace, begun?: BackupLabel): Promise<HeldCluster> {
  const at = (name: string): string => path.join(place.data, name);
  await withholdControl(place.data);
  const major = Number((await readIfThere(at('PG_VERSION')))?.toString().trim());
  if (!Number.isInteger(major)) throw invalid('it has no PG_VERSION');
  const label = begun ?? (await readLabel(at('backup_label')));
  return { ...place, major, control: parseControlFile(await fs.readFile(at(heldControl))), label };
}

async function readLabel(file: string): Promise<BackupLabel> {
  const label = (await readIfThere(file))?.toString();
  if (label === undefined)
    throw invalid('it has no backup_label, so nobody knows where its replay must begin');
  const parsed = parseBackupLabel(label);
  if (parsed.incrementalFrom !== undefined) throw invalid('it is an increment that was not made whole');
  return parsed;
}

/** From here on no server starts from it. Raises SOURCE_INVALID where there is none. */
export async function withholdControl(data: string): Promise<void> {
  const at = (name: string): string => path.join(data, name);
  if ((await readIfThere(at(heldControl))) !== undefined) return;
  if ((await readIfThere(at(control))) === undefined) throw invalid('it has no global/pg_control');
  await fs.rename(at(control), at(heldControl));
  await syncFolder(at('global'));
}

export interface ClusterSettings {
  /** All that `postgresql.auto.conf` shall say. */
  readonly settings: Settings;
  readonly signalFile: (typeof signalFiles)[number];
}

/** Everything but `pg_control`; `releaseControl` follows. May be repeated with other settings. */
export async function layOutCluster(
  held: HeldCluster,
  { settings, signalFile }: ClusterSettings,
): Promise<void> {
  const at = (name: string): string => path.join(held.data, name);
  for (const name of leftovers) await fs.rm(at(name), { force: true });
  for (const name of await namesIn(at('pg_replslot')))
    await fs.rm(at(`pg_replslot/${name}`), { recursive: true });
  await fs.mkdir(at('pg_wal/archive_status'), { recursive: true, mode: 0o700 });
  await placeTablespaces(held);
  await keepOriginal(at(autoConf), at(savedAutoConf));
  await writeFileAtomically(at(autoConf), settingLines(settings));
  if ((await readIfThere(at('postgresql.conf'))) === undefined)
    await writeFileAtomically(at('postgresql.conf'), '# The original lay outside the data directory.\n');
  await writeFileAtomically(at(signalFile), '');
  await fs.chmod(held.data, 0o700);
  for (const folder of held.tablespaces.values()) await giveTo(held.user, folder);
  await giveTo(held.user, held.data);
  await syncFolder(held.data);
}

/** From here on a server can start. */
export async function releaseControl({ data }: ClusterPlace): Promise<void> {
  if ((await readIfThere(path.join(data, heldControl))) === undefined) return;
  await fs.rename(path.join(data, heldControl), path.join(data, control));
  await syncFolder(path.join(data, 'global'));
}

/**
 * Gives a recovered and promoted copy its own settings back, so that it can go into production. The server must be
 * stopped. Raises SOURCE_INVALID while a recovery is under way.
 */
export async function releaseFromIsolation(data: string): Promise<void> {
  for (const name of signalFiles) {
    if ((await readIfThere(path.join(data, name))) !== undefined)
      throw invalid(`${name} is there: the recovery is not over`);
  }
  const saved = await readIfThere(path.join(data, savedAutoConf));
  await writeFileAtomically(path.join(data, autoConf), saved ?? '');
  const { uid, gid } = await fs.stat(data);
  await fs.lchown(path.join(data, autoConf), uid, gid);
  await fs.rm(path.join(data, savedAutoConf), { force: true });
}

/** The server makes the links anew from the map when it starts; both must lead to the restored folders. */
async function placeTablespaces(held: HeldCluster): Promise<void> {
  const at = (name: string): string => path.join(held.data, name);
  const text = (await readIfThere(at('tablespace_map')))?.toString() ?? '';
  const oids = new Set([
    ...parseTablespaceMap(text).map(({ oid }) => oid),
    ...(await namesIn(at('pg_tblspc'))),
  ]);
  const places = [...oids].map((oid) => {
    const folder = held.tablespaces.get(oid);
    if (folder === undefined) throw invalid(`its tablespace ${oid} was not restored`);
    return { oid, folder };
  });
  for (const { oid, folder } of places) {
    const link = at(`pg_tblspc/${oid}`);
    await fs.rm(link, { force: true });
    await fs.symlink(folder, link);
  }
  if (places.length > 0) await writeFileAtomically(at('tablespace_map'), encodeTablespaceMap(places));
}

/** A second call must not keep ours as the original. */
async function keepOriginal(file: string, kept: string): Promise<void> {
  if ((await readIfThere(kept)) !== undefined) return;
  await writeFileAtomically(kept, (await readIfThere(file)) ?? '');
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await fs.readFile(file);
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function invalid(why: string): LifeboatError {
  return new LifeboatError('SOURCE_INVALID', `the restored data directory cannot be started: ${why}`, {
    hint: 'Restore the recovery point again, all of it.',
  });
}
