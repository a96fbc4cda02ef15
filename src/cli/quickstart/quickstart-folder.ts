/** The folder that the quickstart works in: made new, or made again where it made it before. */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { cacheDirectory, stateDirectory } from '../../platform/environment.ts';
import { lockFileOwner, tryLockFile } from '../../platform/posix/file-lock.ts';
import { randomUuid } from '../../platform/random.ts';

/** All paths are absolute. */
export interface QuickstartFolder extends Disposable {
  readonly path: string;
  readonly planId: string;
  readonly planFile: string;
  readonly shop: string;
  readonly database: string;
  readonly uploads: string;
  readonly dotenv: string;
  readonly vaults: Readonly<Record<VaultName, string>>;
  readonly keys: string;
  /** One line for every order that the shop confirmed to a customer; outside of what is destroyed. */
  readonly confirmed: string;
  /** What was in the uploads before the disaster, as `sha256sum --check` reads it. */
  readonly uploadSums: string;
  /** Folders that the next start takes away together with this one. */
  noteSafetyCopies(copies: readonly string[]): void;
}

export const vaultNames = ['primary', 'secondary'] as const;
export type VaultName = (typeof vaultNames)[number];

const markerName = '.lifeboat-quickstart';
const lockName = '.lock';
const madeBy = 'lifeboat quickstart';
const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Empties the folder and takes it until disposed. Raises USAGE when something is in it that the quickstart did not
 * make, and PLAN_BUSY while another quickstart runs there.
 */
export function claimQuickstartFolder(path: string): QuickstartFolder {
  const present = namesIn(path);
  const marker = readMarker(path);
  if (present.length > 0 && marker === undefined) throw foreignFolder(path, present);
  mkdirSync(path, { recursive: true });
  const made: Marker = { planId: randomUuid(), safetyCopies: [] };
  if (marker === undefined) writeMarker(path, made);
  const lock = tryLockFile(join(path, lockName));
  if (lock === undefined) throw otherQuickstart(path);
  if (marker !== undefined) forgetFormer(marker, pathsIn(path));
  for (const name of namesIn(path))
    if (name !== lockName && name !== markerName) rmSync(join(path, name), { recursive: true });
  writeMarker(path, made);
  return {
    ...pathsIn(path),
    planId: made.planId,
    noteSafetyCopies: (safetyCopies) => writeMarker(path, { ...made, safetyCopies }),
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}

/** As a person in `folder` would type it. */
export function typedPath(path: string, folder: string): string {
  const below = relative(folder, path);
  return below === '' || below.startsWith('..') ? path : below;
}

type Paths = Omit<QuickstartFolder, 'planId' | 'noteSafetyCopies' | typeof Symbol.dispose>;

function pathsIn(path: string): Paths {
  const shop = join(path, 'shop');
  return {
    path,
    planFile: join(path, 'lifeboat.yaml'),
    shop,
    database: join(shop, 'orders.db'),
    uploads: join(shop, 'uploads'),
    dotenv: join(shop, '.env'),
    vaults: { primary: join(path, 'vaults/primary'), secondary: join(path, 'vaults/secondary') },
    keys: join(path, 'keys'),
    confirmed: join(path, 'confirmed-orders.log'),
    uploadSums: join(path, 'uploads.sha256'),
  };
}

function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (systemErrorName(error) === 'ENOENT') return [];
    if (systemErrorName(error) === 'ENOTDIR') throw foreignFolder(path, ['a file']);
    throw error;
  }
}

interface Marker {
  /** Of the plan that was made last. */
  readonly planId: string;
  readonly safetyCopies: readonly string[];
}

function readMarker(path: string): Marker | undefined {
  const marker = readJson(join(path, markerName));
  if (marker?.['made_by'] !== madeBy) return undefined;
  const copies = marker['safety_copies'];
  return {
    planId: String(marker['plan_id']),
    safetyCopies: Array.isArray(copies) ? copies.map(String) : [],
  };
}

function writeMarker(path: string, { planId, safetyCopies }: Marker): void {
  const note = 'this folder is emptied at the next start';
  const marker = { made_by: madeBy, plan_id: planId, safety_copies: safetyCopies, note };
  writeFileSync(join(path, markerName), `${JSON.stringify(marker)}\n`);
}

/**
 * Takes away what the last quickstart left on this machine outside its folder, and nothing else: a person may have
 * copied its plan, id and all, for data of their own.
 */
function forgetFormer({ planId, safetyCopies }: Marker, { vaults }: Paths): void {
  if (!uuidForm.test(planId)) return;
  const state = join(stateDirectory(), planId);
  const safety = join(state, 'safety');
  for (const copy of safetyCopies)
    if (resolve(copy).startsWith(`${safety}/`)) rmSync(resolve(copy), { recursive: true, force: true });
  for (const vault of Object.values(vaults)) {
    const id = String(readJson(join(vault, 'lifeboat/vault.json'))?.['id']);
    if (!uuidForm.test(id)) continue;
    rmSync(join(cacheDirectory(), id), { recursive: true, force: true });
    for (const ending of ['.json', '.json.lock'])
      rmSync(join(state, `writer-${id}${ending}`), { force: true });
  }
  const emptied = ['safety/orders-db', 'safety/uploads', 'safety', 'sandbox', '.'];
  for (const folder of emptied) removeIfEmpty(join(state, folder));
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(systemErrorName(error) ?? '')) throw error;
  }
}

/** `undefined` for what is not there and for what is no JSON object. */
function readJson(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof json === 'object' && json !== null ? { ...json } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || ['ENOENT', 'ENOTDIR'].includes(systemErrorName(error) ?? ''))
      return undefined;
    throw error;
  }
}

function foreignFolder(path: string, present: readonly string[]): LifeboatError {
  return new LifeboatError('USAGE', `${path} holds what the quickstart did not make: ${present[0]}`, {
    hint: 'Move it away, or name another folder with --dir DIR. Nothing was touched.',
  });
}

function otherQuickstart(path: string): LifeboatError {
  const owner = lockFileOwner(join(path, lockName));
  return new LifeboatError(
    'PLAN_BUSY',
    `another quickstart runs in ${path} (process ${owner ?? 'unknown'})`,
    {
      hint: 'Wait until it has ended, or name another folder with --dir DIR.',
    },
  );
}
