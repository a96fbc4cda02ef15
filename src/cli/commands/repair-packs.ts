/** `lifeboat repair packs`: saves what can be read out of damaged packs, and gives up the rest. */

import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { PackState, PacksPreview } from '../../repository/repair-types.ts';
import { repairsOf } from '../../repository/repository.ts';
import type { Vault } from '../../vault/vault.ts';
import type { Command } from '../command.ts';
import { plural } from '../quantity-text.ts';
import { repairOptions, runRepair, tellAll } from '../repair/run-repair.ts';

export const repairPacks: Command = {
  description:
    'Saves every blob that can still be read out of damaged packs into new ones and removes the damaged packs. ' +
    'What cannot be read is lost in this vault: try `lifeboat repair heal` first, which gets it from another vault. ' +
    'Afterwards `lifeboat repair snapshots` makes snapshots restorable that lack something.',
  arguments: [
    {
      name: 'ID',
      kind: 'any',
      description: 'ids of packs; without any, everything is read to find those that are damaged',
    },
  ],
  options: repairOptions,
  examples: [
    { line: 'lifeboat repair packs --preview', says: 'what could be saved, and what is lost' },
    { line: 'lifeboat repair packs 1a2b…', says: 'mend this pack' },
  ],
  run: (context, input) =>
    runRepair<PacksPreview>(context, input, {
      action: 'packs',
      look: async (vault, work) => {
        const ids = input.list('ID').map(packId);
        const packs = ids.length > 0 ? ids : await damagedPacks(vault, work.signal);
        return await repairsOf(vault.repository).previewPacks(packs, work);
      },
      tell: async ({ packs }) => {
        await tellAll(context, packs, (pack) => ({ fields: fieldsOf(pack), text: packText(pack) }));
        if (packs.length === 0) return undefined;
        const lost = packs.reduce((sum, pack) => sum + pack.lost.length, 0);
        const loss = lost === 0 ? 'Nothing is lost.' : `${plural(lost, 'blob')} will be lost.`;
        return {
          question: `Rewrite ${plural(packs.length, 'pack')} and remove the damaged? ${loss}`,
          fields: { packs: packs.length, lost_blobs: lost },
        };
      },
      apply: async (vault, preview, work) => {
        const { blobsMended, kept } = await repairsOf(vault.repository).applyPacks(preview, work);
        const keys = (packs: readonly PackState[]) => packs.map(({ id }) => keyOf(id));
        const objectsLost = keys(preview.packs.filter(({ lost }) => lost.length > 0));
        const whole = keys(preview.packs.filter(({ lost }) => lost.length === 0));
        const objectsMended = whole.filter((key) => !kept.includes(key));
        return { objectsMended, objectsLost, objectsKept: kept, blobsMended, snapshotIds: [] };
      },
    }),
};

async function damagedPacks(vault: Vault, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const found = await repairsOf(vault.repository).diagnose(signal === undefined ? {} : { signal });
  return [...found.damagedPacks, ...found.missingPacks];
}

function packId(text: string): string {
  const id = text.slice(text.lastIndexOf('/') + 1);
  if (/^[0-9a-f]{64}$/.test(id)) return id;
  throw new LifeboatError('USAGE', `"${text}" is no id of a pack`, {
    hint: 'Give all 64 hex digits, as `lifeboat check --read-data` shows them behind data/.',
  });
}

function keyOf(id: string): string {
  return `data/${id.slice(0, 2)}/${id}`;
}

function fieldsOf({ id, state, blobs, readable, lost }: PackState) {
  return { object: keyOf(id), state, blobs, readable, lost: lost.map((blob) => blob.id) };
}

function packText({ id, state, blobs, readable, lost }: PackState): string {
  return `${keyOf(id)}: ${state}; ${readable} of ${plural(blobs, 'blob')} can be read, ${lost.length} lost`;
}
