/** The entries of a snapshot, one a line. */
import type { CliContext, VaultRequest } from './cli-context.ts';
import type { CommandEnd } from './command.ts';
import type { ArgumentSpec, OptionSpec } from './command-spec.ts';
import { entryLine, entryRecord } from './entry-text.ts';
import type { Input } from './input.ts';
import { shortId, snapshotRecord } from './snapshot-text.ts';

export const listOptions: readonly OptionSpec[] = [
  { flag: '--long', short: '-l', description: 'with mode, owner, size and time' },
  { flag: '--direct', description: 'only what is directly in PATH' },
];

export const pathArgument: ArgumentSpec = {
  name: 'PATH',
  description: 'only what is at and below this path',
  kind: 'optional',
};

export async function listEntries(
  context: CliContext,
  request: VaultRequest,
  input: Input,
  selector: string,
): Promise<CommandEnd> {
  const { output, signal } = context;
  await using vault = await context.openVault(request);
  const snapshot = await vault.repository.snapshot(selector, {}, signal);
  const path = input.argument('PATH');
  await output.result(snapshotRecord(snapshot));
  output.note(`snapshot ${shortId(snapshot.id)} of ${snapshot.paths.join(', ')} at ${snapshot.time}`);
  let entries = 0;
  let bytes = 0;
  const options = { recursive: !input.has('--direct'), signal, ...(path === undefined ? {} : { path }) };
  for await (const entry of vault.repository.list(snapshot, options)) {
    signal.throwIfAborted();
    entries += 1;
    bytes += entry.node.size;
    await output.result(entryRecord(entry), entryLine(entry, input.has('--long')));
  }
  return { summary: { snapshot: snapshot.id, entries, bytes } };
}
