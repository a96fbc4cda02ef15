/** The parts of a repository as they lie there, without believing any of them. */
import { createHash } from 'node:crypto';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { listPacks } from '../check/check-index.ts';
import { decodeIndexFile, type IndexedPack } from '../index/index-file.ts';
import { listIds } from '../index/load-index.ts';
import { objectKey } from '../layout.ts';
import { headerBytes, headerLengthBytes, type PackedBlob, sealOverheadBytes } from '../pack/pack-header.ts';
import { loadUnpacked, parseJson, type RepositoryAccess } from '../unpacked.ts';

export interface Anatomy {
  /** What the readable index files say, by their ids. */
  readonly files: ReadonlyMap<string, readonly IndexedPack[]>;
  readonly damagedFiles: readonly string[];
  /** Bytes of all packs there are. */
  readonly packs: ReadonlyMap<string, number>;
  readonly snapshotIds: readonly string[];
  readonly fingerprint: string;
}

export async function anatomyOf(access: RepositoryAccess, signal?: AbortSignal): Promise<Anatomy> {
  const snapshotIds = await listIds(access, 'snapshot', signal);
  const indexIds = await listIds(access, 'index', signal);
  const files = new Map<string, readonly IndexedPack[]>();
  const damagedFiles: string[] = [];
  for (const id of indexIds) {
    const packs = await unlessDamaged(() => readIndexFile(access, id, signal));
    if (packs) files.set(id, packs);
    else damagedFiles.push(id);
  }
  const packs = await listPacks(access, signal);
  const names = [...snapshotIds, ...indexIds, ...[...packs].sort().map(([id, size]) => `${id} ${size}`)];
  const fingerprint = createHash('sha256').update(names.join('\n')).digest('hex');
  return { files, damagedFiles, packs, snapshotIds, fingerprint };
}

async function readIndexFile(
  access: RepositoryAccess,
  id: string,
  signal?: AbortSignal,
): Promise<readonly IndexedPack[]> {
  const what = objectKey('index', id);
  return decodeIndexFile(parseJson(await loadUnpacked(access, 'index', id, signal), what), what);
}

/** `undefined` for what is damaged or gone; everything else that goes wrong is raised. */
export async function unlessDamaged<T>(act: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (hasCode(error, 'OBJECT_DAMAGED', 'OBJECT_MISSING')) return undefined;
    throw error;
  }
}

/** Every blob that an index file places in the pack, once. */
export function indexedBlobs(anatomy: Anatomy, packIds: ReadonlySet<string>): Map<string, PackedBlob[]> {
  const byPack = new Map<string, Map<string, PackedBlob>>();
  for (const packs of anatomy.files.values()) {
    for (const { id, blobs } of packs) {
      if (!packIds.has(id)) continue;
      const known = byPack.get(id) ?? new Map<string, PackedBlob>();
      byPack.set(id, known);
      for (const blob of blobs) known.set(placeText(blob), blob);
    }
  }
  return new Map([...byPack].map(([id, blobs]) => [id, [...blobs.values()]]));
}

export function placeText({ type, id, offset, length, uncompressedLength }: PackedBlob): string {
  return `${type} ${id} ${offset} ${length} ${uncompressedLength}`;
}

/** Bytes that a pack of these blobs has. */
export function packBytesOf(blobs: readonly PackedBlob[]): number {
  const sealed = blobs.reduce((sum, { length }) => sum + length, 0);
  return sealed + headerBytes(blobs) + sealOverheadBytes + headerLengthBytes;
}

/** Raises VAULT_LOCKED when somebody changed the repository since it was looked at. */
export function requireUnchanged(now: Anatomy, seen: { readonly fingerprint: string }): void {
  if (now.fingerprint === seen.fingerprint) return;
  throw new LifeboatError('VAULT_LOCKED', 'the vault was changed by somebody since it was looked at', {
    hint: 'Run the command again: it looks first at what there is now.',
    retryable: true,
  });
}
