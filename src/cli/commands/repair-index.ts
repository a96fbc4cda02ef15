/** `lifeboat repair index`: the index says again what the packs hold. */

import type { IndexPreview } from '../../repository/repair-types.ts';
import { repairsOf } from '../../repository/repository.ts';
import type { Command } from '../command.ts';
import { plural } from '../quantity-text.ts';
import { repairOptions, runRepair, tellAll } from '../repair/run-repair.ts';

export const repairIndex: Command = {
  description:
    'Makes the index anew where it is damaged, missing or wrong, from what the packs say of themselves. Index files ' +
    'that are right stay. What the index says of a pack that cannot be read is kept: `lifeboat repair heal` or ' +
    '`lifeboat repair packs` come next.',
  options: [
    ...repairOptions,
    { flag: '--read-all-packs', description: 'compare every pack with the index, not only those in doubt' },
  ],
  examples: [
    { line: 'lifeboat repair index --preview', says: 'what is wrong with the index' },
    { line: 'lifeboat repair index', says: 'mend it' },
  ],
  run: (context, input) =>
    runRepair<IndexPreview>(context, input, {
      action: 'index',
      look: (vault, work) =>
        repairsOf(vault.repository).previewIndex({ ...work, readAllPacks: input.has('--read-all-packs') }),
      tell: async (preview) => {
        const findings = findingsOf(preview);
        await tellAll(context, findings, ({ object, what }) => ({
          fields: { object, what },
          text: `${object}: ${what}`,
        }));
        if (!changesAnything(preview)) return undefined;
        const { writesBlobs, removesIndexFiles } = preview;
        const files = plural(removesIndexFiles.length, 'index file');
        return {
          question: `Index ${plural(writesBlobs, 'blob')} anew and remove ${files}?`,
          fields: { writes_blobs: writesBlobs, removes_index_files: removesIndexFiles.length },
        };
      },
      apply: async (vault, preview, work) => {
        await repairsOf(vault.repository).applyIndex(preview, work);
        const objectsMended = findingsOf(preview).map(({ object }) => object);
        return { objectsMended, objectsLost: [], blobsMended: preview.writesBlobs, snapshotIds: [] };
      },
    }),
};

function changesAnything({ addedPacks, removesIndexFiles }: IndexPreview): boolean {
  return addedPacks.length > 0 || removesIndexFiles.length > 0;
}

function findingsOf(preview: IndexPreview): { readonly object: string; readonly what: string }[] {
  const packs = (ids: readonly string[], what: string) =>
    ids.map((id) => ({ object: `data/${id.slice(0, 2)}/${id}`, what }));
  return [
    ...preview.damagedIndexFiles.map((id) => ({ object: `index/${id}`, what: 'cannot be read, and goes' })),
    ...packs(preview.addedPacks, 'is in no index file, and is added'),
    ...packs(preview.missingPacks, 'is not there any more, and is left out'),
    ...packs(preview.changedPacks, 'has other contents than the index says, and its own word counts'),
    ...packs(preview.duplicatePacks, 'is in several index files, and stays in one'),
    ...packs(preview.unreadablePacks, 'cannot be read; what the index says of it stays'),
  ];
}
