/** `lifeboat repair recover`: a snapshot of folders that no snapshot leads to. */

import type { RecoverPreview } from '../../repository/repair-types.ts';
import { repairsOf } from '../../repository/repository.ts';
import type { Command } from '../command.ts';
import { plural } from '../quantity-text.ts';
import { repairOptions, runRepair, tellAll } from '../repair/run-repair.ts';

export const repairRecover: Command = {
  description:
    'Looks for folders in the vault that no snapshot leads to, as after the loss of a snapshot, and makes one snapshot ' +
    'of them, tagged `recovered`, with a folder for each. What a forgotten snapshot left comes back as well, until it is pruned.',
  options: repairOptions,
  examples: [
    { line: 'lifeboat repair recover --preview', says: 'how many there are' },
    { line: 'lifeboat repair recover', says: 'make a snapshot of them' },
  ],
  run: (context, input) =>
    runRepair<RecoverPreview>(context, input, {
      action: 'recover',
      look: (vault, work) => repairsOf(vault.repository).previewRecover(work),
      tell: async ({ trees }) => {
        await tellAll(context, trees, (tree) => ({ fields: { tree }, text: `folder ${tree.slice(0, 8)}` }));
        if (trees.length === 0) return undefined;
        return {
          question: `Make a snapshot of ${plural(trees.length, 'folder')}?`,
          fields: { folders: trees.length },
        };
      },
      apply: async (vault, preview, work) => {
        const snapshot = await repairsOf(vault.repository).applyRecover(preview, work);
        await context.output.text(`snapshot ${snapshot.id.slice(0, 8)} holds what was found`);
        return { objectsMended: [], objectsLost: [], blobsMended: 0, snapshotIds: [snapshot.id] };
      },
    }),
};
