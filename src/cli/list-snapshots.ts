/** The snapshots of a vault as a table, oldest first. */
import type { Snapshot } from '../repository/repository-types.ts';
import type { CliContext, VaultRequest } from './cli-context.ts';
import type { CommandEnd } from './command.ts';
import type { Input } from './input.ts';
import { bytesText, momentText, plural } from './quantity-text.ts';
import { filterOf } from './snapshot-filter.ts';
import { shortId, snapshotRecord } from './snapshot-text.ts';
import { tableLines } from './table.ts';

export async function listSnapshots(
  context: CliContext,
  request: VaultRequest,
  input: Input,
): Promise<CommandEnd> {
  const { output, signal } = context;
  await using vault = await context.openVault(request);
  const found = await vault.repository.snapshots(filterOf(input, context.folder), signal);
  if (output.json) for (const snapshot of found) await output.result(snapshotRecord(snapshot));
  else if (found.length > 0)
    for (const line of tableLines(columns, found.map(row), output.style)) await output.text(line);
  await output.text(found.length === 0 ? 'no snapshots' : plural(found.length, 'snapshot'));
  return { summary: { snapshots: found.length } };
}

const columns = [
  { heading: 'id' },
  { heading: 'time' },
  { heading: 'host' },
  { heading: 'size', align: 'right' },
  { heading: 'tags' },
  { heading: 'paths' },
] as const;

function row(snapshot: Snapshot): string[] {
  const { id, timeMs, hostname = '', summary, tags = [], paths } = snapshot;
  const size = summary === undefined ? '' : bytesText(summary.totalBytesProcessed);
  return [shortId(id), momentText(timeMs), hostname, size, tags.join(','), paths.join(', ')];
}
