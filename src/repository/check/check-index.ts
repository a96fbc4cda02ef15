import type { BlobIndex } from '../index/blob-index.ts';
import type { IndexedPack } from '../index/index-file.ts';
import { decodeIndexBytes, inOrder } from '../index/load-index.ts';
import { idAt, objectFolders, objectKey } from '../layout.ts';
import { headerBytes, headerLengthBytes, sealOverheadBytes } from '../pack/pack-header.ts';
import { loadUnpacked, type RepositoryAccess } from '../unpacked.ts';
import { type Findings, recording } from './findings.ts';

export interface IndexFilesRead {
  /** Sizes in bytes of all packs there are, by id. */
  readonly packs: ReadonlyMap<string, number>;
  /** Packs that no index file names which can be read. */
  readonly unnamed: readonly string[];
  /** Sizes in bytes of the index files that cannot be read, by id. */
  readonly unreadable: ReadonlyMap<string, number>;
  /** Keys there that no index file or pack has. */
  readonly strangers: readonly string[];
}

/** Reads all index files into `index`, and compares them with the packs there are. */
export async function checkIndexFiles(
  access: RepositoryAccess,
  index: BlobIndex,
  findings: Findings,
  signal?: AbortSignal,
): Promise<IndexFilesRead> {
  const seen = new Map<string, string>();
  const strangers: string[] = [];
  const files = await listSizes(access, 'index', signal, strangers);
  // listed later than the index, for whoever writes stores a pack before it names it
  const listing = listPacks(access, signal, strangers);
  // awaited below; until then a failure must not count as unhandled
  listing.catch(() => undefined);
  const fetch = (id: string) =>
    recording(findings, objectKey('index', id), () => loadUnpacked(access, 'index', id, signal));
  const unreadable = new Map<string, number>();
  for await (const { id, got: bytes } of inOrder([...files.keys()].sort(), fetch)) {
    const packs = await listing;
    const key = objectKey('index', id);
    const content =
      bytes && (await recording(findings, key, () => Promise.resolve(decodeIndexBytes(bytes, id))));
    if (content === undefined) unreadable.set(id, files.get(id) ?? 0);
    for (const pack of content ?? []) checkIndexedPack(pack, key, packs, seen, index, findings);
  }
  const packs = await listing;
  return { packs, unnamed: [...packs.keys()].filter((id) => !seen.has(id)), unreadable, strangers };
}

/** Sizes in bytes of all packs there are, by id. */
export async function listPacks(
  access: RepositoryAccess,
  signal?: AbortSignal,
  strangers?: string[],
): Promise<Map<string, number>> {
  return await listSizes(access, 'pack', signal, strangers);
}

async function listSizes(
  access: RepositoryAccess,
  kind: 'pack' | 'index',
  signal?: AbortSignal,
  strangers?: string[],
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { key, size } of access.store.list(objectFolders[kind], signal)) {
    const id = idAt(kind, key);
    if (id !== undefined) sizes.set(id, size);
    else strangers?.push(key);
  }
  return sizes;
}

function checkIndexedPack(
  pack: IndexedPack,
  indexKey: string,
  packs: ReadonlyMap<string, number>,
  seen: Map<string, string>,
  index: BlobIndex,
  findings: Findings,
): void {
  const object = objectKey('pack', pack.id);
  const other = seen.get(pack.id);
  seen.set(pack.id, indexKey);
  if (other !== undefined) {
    findings.hints.push({
      object,
      what: `stands in two index files, ${other} and ${indexKey}`,
      hint: 'Harmless; the next prune that removes something mends it.',
    });
    return;
  }
  index.addPack(pack.id, pack.blobs);
  const size = packs.get(pack.id);
  const expected = pack.blobs.reduce(
    (sum, blob) => sum + blob.length,
    headerBytes(pack.blobs) + sealOverheadBytes + headerLengthBytes,
  );
  if (size === undefined)
    findings.errors.push({
      object,
      what: `is missing, but ${indexKey} says that ${pack.blobs.length} blobs lie in it`,
      hint: '`lifeboat repair heal` makes it anew from another vault.',
    });
  else if (size !== expected)
    findings.errors.push({
      object,
      what: `is ${size} bytes long instead of ${expected}`,
      hint: 'The pack was cut short or changed; bring it back from another copy of the vault.',
    });
  if (new Set(pack.blobs.map((blob) => blob.type)).size > 1)
    findings.hints.push({
      object,
      what: 'holds both data and trees',
      hint: 'Harmless; version 1 of the format allowed it.',
    });
}
