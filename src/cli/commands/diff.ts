/** `lifeboat diff`: what changed from one snapshot to another. */
import type { DiffEntry } from '../../repository/repository-types.ts';
import { chooseVault, vaultOptions } from '../choose-vault.ts';
import type { Command } from '../command.ts';
import { pathFields, pathText } from '../path-text.ts';
import { bytesText, countText } from '../quantity-text.ts';
import { shortId } from '../snapshot-text.ts';

export const diff: Command = {
  description:
    'Shows what changed from snapshot A to snapshot B: + added, - removed, M content changed, T another kind ' +
    'of entry, and with --metadata U for owner, mode and times alone.',
  arguments: [
    { name: 'A', description: 'the older snapshot' },
    { name: 'B', description: 'the newer snapshot, such as latest' },
  ],
  options: [...vaultOptions, { flag: '--metadata', description: 'also show where only metadata changed' }],
  examples: [{ line: 'lifeboat diff 1a2b3c4d latest', says: 'everything since then' }],
  whenNobodyReads: 'stop',
  run: async (context, input) => {
    const { output, signal } = context;
    await using vault = await context.openVault(await chooseVault(context, input));
    const older = await vault.repository.snapshot(input.required('A'), {}, signal);
    const newer = await vault.repository.snapshot(input.required('B'), {}, signal);
    output.note(`from ${shortId(older.id)} (${older.time}) to ${shortId(newer.id)} (${newer.time})`);
    const counts = { '+': 0, '-': 0, M: 0, T: 0, U: 0 };
    const bytes = { added: 0, removed: 0 };
    for await (const entry of vault.repository.diff(older, newer, signal)) {
      signal.throwIfAborted();
      counts[entry.change] += 1;
      if (entry.change !== 'U') addBytes(bytes, entry);
      if (entry.change === 'U' && !input.has('--metadata')) continue;
      await output.result(diffRecord(entry), `${entry.change}  ${pathText(entry.path)}`);
    }
    await output.text(
      `${countText(counts['+'])} added, ${countText(counts['-'])} removed, ${countText(counts.M + counts.T)} changed, ` +
        `${countText(counts.U)} with other metadata; ${bytesText(bytes.added)} came, ${bytesText(bytes.removed)} went`,
    );
    return {
      summary: {
        older: older.id,
        newer: newer.id,
        added: counts['+'],
        removed: counts['-'],
        content_changed: counts.M,
        type_changed: counts.T,
        metadata_changed: counts.U,
        bytes_added: bytes.added,
        bytes_removed: bytes.removed,
      },
    };
  },
};

function addBytes(bytes: { added: number; removed: number }, { sizeBefore, sizeAfter }: DiffEntry): void {
  bytes.added += sizeAfter ?? 0;
  bytes.removed += sizeBefore ?? 0;
}

function diffRecord({ path, change, type, sizeBefore, sizeAfter }: DiffEntry) {
  return {
    type: 'change',
    ...pathFields(path),
    change,
    entry_type: type,
    ...(sizeBefore === undefined ? {} : { size_before: sizeBefore }),
    ...(sizeAfter === undefined ? {} : { size_after: sizeAfter }),
  };
}
