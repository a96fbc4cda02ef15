/**
 * Saves what can be read out of damaged packs into new ones; then the damaged ones go, and with them what is lost.
 * Source: restic `repair packs`.
 */
import { BlobIndex } from '../index/blob-index.ts';
import type { PackedBlob } from '../pack/pack-header.ts';
import type { BlobName, PackState, PacksPreview, PacksReport } from '../repair-types.ts';
import type { Session } from '../session.ts';
import { type Anatomy, indexedBlobs } from './anatomy.ts';
import { createBlobWriter } from './blob-writer.ts';
import { dropPacks } from './drop-packs.ts';
import { salvagePack } from './salvage-pack.ts';

export async function previewPacks(
  session: Session,
  anatomy: Anatomy,
  packIds: readonly string[],
  signal?: AbortSignal,
): Promise<PacksPreview> {
  const chosen = new Set(packIds);
  const indexed = indexedBlobs(anatomy, chosen);
  const elsewhere = indexWithout(anatomy, chosen);
  const packs: PackState[] = [];
  // one of the damaged packs may hold what another one has lost
  const readable = new Set<string>();
  const states: { readonly id: string; readonly blobs: readonly PackedBlob[]; readonly readable: number }[] =
    [];
  for (const id of [...chosen].sort()) {
    const blobs = indexed.get(id) ?? [];
    let count = 0;
    for await (const blob of salvagePack(session.access, id, blobs, signal)) {
      readable.add(nameText(blob));
      count++;
    }
    states.push({ id, blobs, readable: count });
  }
  for (const { id, blobs, readable: count } of states) {
    const lost = namesOf(blobs).filter(
      (blob) => !readable.has(nameText(blob)) && !elsewhere.has(blob.type, blob.id),
    );
    const state = anatomy.packs.has(id) ? 'damaged' : 'missing';
    packs.push({ id, state, blobs: Math.max(blobs.length, count), readable: count, lost });
  }
  return { fingerprint: anatomy.fingerprint, packs };
}

/** Under an exclusive lock. */
export async function applyPacks(
  session: Session,
  anatomy: Anatomy,
  preview: PacksPreview,
  signal?: AbortSignal,
): Promise<PacksReport> {
  const chosen = new Set(preview.packs.map(({ id }) => id));
  const indexed = indexedBlobs(anatomy, chosen);
  const writer = createBlobWriter(session, signal);
  for (const id of chosen) {
    for await (const { type, id: blob, bytes } of salvagePack(
      session.access,
      id,
      indexed.get(id) ?? [],
      signal,
    ))
      await writer.store(type, blob, bytes);
  }
  await writer.finish();
  return { blobsMended: writer.blobs, kept: await dropPacks(session.access, chosen, signal) };
}

/** What the index knows of all packs but these, which must be there. */
export function indexWithout(anatomy: Anatomy, packIds: ReadonlySet<string>): BlobIndex {
  const index = new BlobIndex();
  for (const packs of anatomy.files.values()) {
    for (const { id, blobs } of packs) {
      if (!packIds.has(id) && anatomy.packs.has(id) && !index.hasPack(id)) index.addPack(id, blobs);
    }
  }
  return index;
}

export function nameText({ type, id }: BlobName): string {
  return `${type} ${id}`;
}

export function namesOf(blobs: readonly PackedBlob[]): BlobName[] {
  const names = new Map(blobs.map(({ type, id }) => [nameText({ type, id }), { type, id }]));
  return [...names.values()];
}
