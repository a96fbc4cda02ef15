/** `lifeboat find`: in which snapshots is a file, and in which states? */
import type { Repository, Snapshot } from '../../repository/repository-types.ts';
import { chooseVault, snapshotOption, vaultOptions } from '../choose-vault.ts';
import type { CliContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { entryLine, entryRecord } from '../entry-text.ts';
import type { Input } from '../input.ts';
import { pathMatcher } from '../path-matcher.ts';
import { momentText, plural } from '../quantity-text.ts';
import { filterOf, filterOptions } from '../snapshot-filter.ts';
import { shortId } from '../snapshot-text.ts';

export const find: Command = {
  description:
    'Finds files and folders by name in all snapshots, newest first. A pattern without a slash matches names ' +
    'anywhere; with one it matches whole paths, where ** stands for any folders.',
  arguments: [
    { name: 'PATTERN', description: 'a name or glob, such as *.db or /srv/**/config', kind: 'many' },
  ],
  options: [
    ...vaultOptions,
    { ...snapshotOption, description: 'only in this snapshot (an id, its beginning, or latest)' },
    ...filterOptions,
    { flag: '--long', short: '-l', description: 'with mode, owner, size and time' },
  ],
  examples: [
    { line: "lifeboat find '*.db' --long", says: 'every database, with size and time in each snapshot' },
    {
      line: 'lifeboat find /srv/uploads/logo.png --snapshot latest',
      says: 'one path in the newest snapshot',
    },
  ],
  whenNobodyReads: 'stop',
  run: async (context, input) => {
    await using vault = await context.openVault(await chooseVault(context, input));
    const searched = await snapshotsOf(vault.repository, context, input);
    const matches = pathMatcher(input.list('PATTERN'));
    let found = 0;
    for (const snapshot of searched)
      found += await findIn(context, vault.repository, snapshot, matches, input);
    await context.output.text(found === 0 ? 'nothing found' : `${plural(found, 'match', 'matches')}`);
    return { summary: { matches: found, snapshots: searched.length } };
  },
};

/** Newest first. */
async function snapshotsOf(
  repository: Repository,
  { folder, signal }: CliContext,
  input: Input,
): Promise<readonly Snapshot[]> {
  const filter = filterOf(input, folder);
  const selector = input.value('--snapshot');
  if (selector !== undefined) return [await repository.snapshot(selector, filter, signal)];
  return (await repository.snapshots(filter, signal)).toReversed();
}

async function findIn(
  { output, signal }: CliContext,
  repository: Repository,
  snapshot: Snapshot,
  matches: (path: string) => boolean,
  input: Input,
): Promise<number> {
  let found = 0;
  for await (const entry of repository.list(snapshot, { signal })) {
    signal.throwIfAborted();
    if (!matches(entry.path.toString('utf8'))) continue;
    if (found === 0)
      await output.text(
        output.style.bold(`snapshot ${shortId(snapshot.id)} of ${momentText(snapshot.timeMs)}`),
      );
    found += 1;
    const record = { ...entryRecord(entry), type: 'match', snapshot: snapshot.id };
    await output.result(record, `  ${entryLine(entry, input.has('--long'))}`);
  }
  return found;
}
