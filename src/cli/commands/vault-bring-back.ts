/** `lifeboat vault bring-back`: what a thief or a mistake deleted, from the versions that the store keeps. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { forEachLimited } from '../../repository/for-each-limited.ts';
import { type BroughtBack, bringBack } from '../../vault/bring-back.ts';
import { type DeletedObject, type DeletedObjects, deletedObjects } from '../../vault/deleted-objects.ts';
import { chooseVaultNamed } from '../choose-vault.ts';
import type { CliContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import { confirmOrRefuse } from '../confirm.ts';
import type { Input } from '../input.ts';
import { loadPlanIfThere, planOptions, profileOf } from '../load-plan.ts';
import { momentOf } from '../moment-of.ts';
import { bytesText, countText, momentText, plural } from '../quantity-text.ts';
import { tableLines } from '../table.ts';

export const vaultBringBack: Command = {
  description:
    'Brings back what was deleted from a vault, or covered by another content, where the store keeps earlier versions: a ' +
    'versioned bucket, or a container with versions. It opens nothing and needs no password, only credentials that may read ' +
    'versions and write; what it must read and put again is compared with its name. Objects that were pruned come back as ' +
    'well, and the next prune takes them away again. Keys stay away without --keys, because somebody may have removed them. ' +
    'First revoke the credentials that were stolen. What does not come back ends with exit code 13.',
  arguments: [
    {
      name: 'VAULT',
      kind: 'optional',
      description: "the vault's name in the plan, or its address (default: the plan's primary vault)",
    },
  ],
  options: [
    {
      flag: '--since',
      value: 'TIME',
      description: 'what was deleted or covered at this time or later; must be given',
    },
    {
      flag: '--keys',
      description: 'keys too, also those that were taken away on purpose: they open the vault again',
    },
    { flag: '--preview', description: 'show what would come back, and change nothing' },
    { flag: '--yes', description: 'do not ask' },
    ...planOptions,
  ],
  examples: [
    { line: 'lifeboat vault bring-back away --since "2026-11-20 18:00" --preview', says: 'what was deleted' },
    { line: 'lifeboat vault bring-back away --since "2026-11-20 18:00"', says: 'ask, and bring it back' },
  ],
  run: async (context, input) => {
    const request = await chooseVaultNamed(context, input, input.argument('VAULT'));
    const sinceMs = await sinceOf(context, input);
    await using store = await context.openStore(request);
    const found = await lookForDeleted(context, store, { sinceMs, withKeys: input.has('--keys') });
    await tellFound(context, found);
    const summary = { deleted: found.objects.length, keys_left_aside: found.keys.length };
    if (input.has('--preview') || found.objects.length === 0) return { summary };
    await confirmOrRefuse(`bring ${plural(found.objects.length, 'object')} back into ${store.location}?`, {
      given: input.has('--yes'),
      flag: '--yes',
      code: 'USAGE',
    });
    return await bringAllBack(context, store, found.objects, summary);
  },
};

async function sinceOf(context: CliContext, input: Input): Promise<number> {
  const since = input.value('--since');
  if (since === undefined)
    throw new LifeboatError('USAGE', 'nothing says since when', {
      hint: 'Give --since with the time when it began; without one, all that was ever pruned would come back.',
    });
  const plan = await loadPlanIfThere(input.value('--plan'), context.folder, profileOf(input));
  return momentOf(since, plan?.parsed.draft?.plan.metadata.time_zone ?? 'UTC', context);
}

async function lookForDeleted(
  { output, signal }: CliContext,
  store: ObjectStore,
  request: Parameters<typeof deletedObjects>[1],
): Promise<DeletedObjects> {
  using _line = output.progress('looking for what was deleted');
  return await deletedObjects(store, request, signal);
}

/** A row for each kind; every object with --json. */
async function tellFound({ output }: CliContext, { objects, keys }: DeletedObjects): Promise<void> {
  if (output.json) for (const object of objects) await output.result(objectRecord(object));
  else if (objects.length > 0) {
    const kinds = Map.groupBy(objects, ({ key, kind }) => `${key.split('/')[0]} ${kind}`);
    const rows = [...kinds].map(([kind, own]) => kindRow(kind, own));
    for (const line of tableLines(columns, rows, output.style)) await output.text(line);
  }
  if (keys.length > 0)
    output.warn(
      `${plural(keys.length, 'key')} that were deleted stay away: a password that was removed would open the vault again. ` +
        'With --keys they come back',
    );
  if (objects.length === 0)
    await output.text('nothing was found that was deleted since then and can come back');
}

const columns = [
  { heading: 'kind' },
  { heading: 'state' },
  { heading: 'objects', align: 'right' },
  { heading: 'size', align: 'right' },
  { heading: 'first' },
  { heading: 'last' },
] as const;

function kindRow(kind: string, objects: readonly DeletedObject[]): readonly string[] {
  const times = objects.flatMap(({ atMs }) => (atMs === undefined ? [] : [atMs]));
  const sizes = objects.reduce((sum, { size }) => sum + size, 0);
  const moment = (of: (a: number, b: number) => number) =>
    times.length === 0 ? 'not known' : momentText(times.reduce(of));
  return [
    ...kind.split(' '),
    countText(objects.length),
    bytesText(sizes),
    moment((a, b) => Math.min(a, b)),
    moment((a, b) => Math.max(a, b)),
  ];
}

function objectRecord({ key, size, kind, atMs }: DeletedObject) {
  return {
    type: 'object',
    key,
    size,
    state: kind,
    at: atMs === undefined ? undefined : new Date(atMs).toISOString(),
  };
}

const objectsAtOnce = 8;
const failuresToldMax = 10;

async function bringAllBack(
  { output, signal }: CliContext,
  store: ObjectStore,
  objects: readonly DeletedObject[],
  found: Readonly<Record<string, number>>,
): Promise<CommandEnd> {
  const ends: BroughtBack[] = [];
  {
    using line = output.progress('bringing back');
    let doneBytes = 0;
    // a snapshot leads to what must be there before it
    const isLast = ({ key }: DeletedObject) => key.startsWith('snapshots/');
    for (const group of [objects.filter((each) => !isLast(each)), objects.filter(isLast)])
      await forEachLimited(group, objectsAtOnce, async (object) => {
        ends.push(await bringBack(store, object, signal));
        doneBytes += object.size;
        line.report({ phase: 'back', doneFiles: ends.length, doneBytes, totalFiles: objects.length });
      });
  }
  const failures = ends.flatMap((end) => (end.how === 'failed' ? [end] : []));
  for (const { object, error } of failures.slice(0, failuresToldMax))
    output.warn(`${object.key}: ${error.message}`);
  const count = (how: BroughtBack['how']) => ends.filter((end) => end.how === how).length;
  const summary = {
    ...found,
    uncovered: count('uncovered'),
    put_again: count('put-again'),
    failed: failures.length,
  };
  await output.text(`${plural(ends.length - failures.length, 'object')} brought back`);
  if (failures.length === 0) {
    await output.text('next: `lifeboat check --read-data`, and `lifeboat repair heal` for what it finds');
    return { summary };
  }
  return { summary, error: notAll(store, failures[0]?.error, failures.length) };
}

function notAll({ location }: ObjectStore, first: LifeboatError | undefined, count: number): LifeboatError {
  return new LifeboatError(
    'HEAL_INCOMPLETE',
    `${plural(count, 'object')} did not come back into ${location}: ${first?.message ?? 'no reason is known'}`,
    { hint: first?.hint ?? 'Heal it from another vault with `lifeboat repair heal`.' },
  );
}
