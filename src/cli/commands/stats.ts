/** `lifeboat stats`: how much the snapshots hold, and how little they take. */
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { Command } from '../command.ts';
import { bytesText, countText } from '../quantity-text.ts';
import { filterOf, filterOptions } from '../snapshot-filter.ts';

export const stats: Command = {
  description:
    'Counts what the snapshots would restore to, and what they take in the vault, where every piece is kept ' +
    'once and compressed.',
  options: [...vaultOptions, ...filterOptions],
  examples: [{ line: 'lifeboat stats --tag system:uploads', says: 'of one system' }],
  run: async (context, input) => {
    const { output, signal } = context;
    await using vault = await context.openVault(await chooseVault(context, input));
    const found = await vault.repository.snapshots(filterOf(input, context.folder), signal);
    const { files, restoreBytes, blobs, blobBytes, storedBytes } = await vault.repository.stats(
      found,
      signal,
    );
    const ratio = storedBytes === 0 ? '' : `, ${(restoreBytes / storedBytes).toFixed(1)} times smaller`;
    await output.text(`snapshots:  ${countText(found.length)}`);
    await output.text(`restored:   ${countText(files)} files, ${bytesText(restoreBytes)}`);
    await output.text(`different:  ${countText(blobs)} blobs, ${bytesText(blobBytes)}`);
    await output.text(`stored:     ${bytesText(storedBytes)}${ratio}`);
    return {
      summary: {
        snapshots: found.length,
        files,
        restore_bytes: restoreBytes,
        blobs,
        blob_bytes: blobBytes,
        stored_bytes: storedBytes,
      },
    };
  },
};
