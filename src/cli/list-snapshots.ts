/** The snapshots of a vault as a table, oldest first. */
import type { CliContext, VaultRequest } from './cli-context.ts';
import type { CommandEnd } from './command.ts';
import type { Input } from './input.ts';
import { plural } from './quantity-text.ts';
import { filterOf } from './snapshot-filter.ts';
import { snapshotTable } from './snapshot-table.ts';
import { snapshotRecord } from './snapshot-text.ts';

export async function listSnapshots(
  context: CliContext,
  request: VaultRequest,
  input: Input,
): Promise<CommandEnd> {
  const { output, signal } = context;
  await using vault = await context.openVault(request);
  const found = await vault.repository.snapshots(filterOf(input, context.folder), signal);
  if (output.json) for (const snapshot of found) await output.result(snapshotRecord(snapshot));
  const { lines, leftOut } = snapshotTable(found, output.tableColumns, output.style);
  for (const line of lines) await output.text(line);
  const note = leftOut.length === 0 ? '' : ` (too narrow for ${leftOut.join(', ')}; --json has all)`;
  await output.text(found.length === 0 ? 'no snapshots' : `${plural(found.length, 'snapshot')}${note}`);
  return { summary: { snapshots: found.length } };
}
