/** `lifeboat repair heal`: what is damaged here is made anew from another vault. */

import { locationText, parseLocation } from '../../config/location.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { type HealingOutcome, healVault } from '../../heal/heal-vault.ts';
import { type Healing, type HealingPreview, hasDamage, previewHealing } from '../../heal/preview-healing.ts';
import type { CheckFinding } from '../../repository/repository-types.ts';
import type { Vault } from '../../vault/vault.ts';
import type { SpareFinding } from '../../vault/vault-spares.ts';
import { chooseVault } from '../choose-vault.ts';
import type { CliContext, VaultRequest } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import { confirmOrRefuse } from '../confirm.ts';
import type { Input } from '../input.ts';
import { lostFolder } from '../lost-parts.ts';
import { manualRun } from '../manual-run.ts';
import { plural } from '../quantity-text.ts';
import { goneKeys, tellGoneKeys, tellNextStep, withGoneKeys } from '../repair/after-healing.ts';
import { donorRequests } from '../repair/donor-requests.ts';
import { repairOptions, tellAll } from '../repair/run-repair.ts';
import { tellOthers } from '../repair/tell-others.ts';

export const repairHeal: Command = {
  description:
    'Reads every byte of a vault and makes anew what is damaged or missing: packs, index, snapshots, config, keys, ' +
    'records and plans. What the vault cannot give itself comes from the other vaults of the plan, or from --from; ' +
    'every piece is proven by its hash and sealed under this vault’s own key. What cannot be mended is named, and ' +
    'stays as it is. Without --vault it heals the primary vault of the plan and names the others. With --preview damage ' +
    'ends with exit code 13, and so does damage that could not be mended.',
  options: [
    ...repairOptions,
    {
      flag: '--from',
      value: 'VAULT',
      repeatable: true,
      description: 'get what is missing from this vault, by its name in the plan or its location',
    },
    {
      flag: '--lost-key',
      value: 'ID',
      repeatable: true,
      description: 'this missing key was lost and not removed: put it back from its copy',
    },
  ],
  examples: [
    { line: 'lifeboat repair heal --preview', says: 'what is damaged, and whether it can be mended' },
    { line: 'lifeboat repair heal --vault here --from away', says: 'heal one vault from another' },
  ],
  run: async (context, input) => await tellOthers(context, input, await heal(context, input)),
};

async function heal(context: CliContext, input: Input): Promise<CommandEnd> {
  const request = await chooseVault(context, input);
  await using vaults = new AsyncDisposableStack();
  const vault = vaults.use(await context.openVault(request));
  if (vault.file === undefined && request.planId !== undefined) throw cannotHeal(vault);
  const donors = await openDonors(context, input, request, vault, vaults);
  const gone = await goneKeys(request, vault, context.signal);
  const end = await healOpened(context, input, { vault, donors, gone });
  return withGoneKeys(vault, gone, { ...end, summary: await tellNextStep(context, request, end) });
}

interface Opened extends Pick<Healing, 'vault' | 'donors'> {
  /** Beyond mending, and told as such. */
  readonly gone: readonly CheckFinding[];
}

async function healOpened(
  context: CliContext,
  input: Input,
  { vault, donors, gone }: Opened,
): Promise<CommandEnd> {
  using progress = context.output.progress('look for damage');
  const healing = { vault, donors, progress: progress.report, signal: context.signal };
  const preview = await previewHealing(healing, context.nowMs());
  progress[Symbol.dispose]();
  const lostKeys = lostKeysOf(preview, input.values('--lost-key'));
  await tellPreview(context, preview, lostKeys);
  await tellGoneKeys(context, gone);
  const isDamaged = hasDamage(preview);
  const summary = { needed: isDamaged, donors: donors.map(({ location }) => location) };
  if (!isDamaged && gone.length === 0)
    await context.output.text(
      context.output.style.green(`no damage found in ${vault.location}; every byte was read`),
    );
  if (!isDamaged && !hasWork(preview)) return { summary: { ...summary, healed: false } };
  const { fromDonors, lost } = preview.blobs;
  if (input.has('--preview'))
    return {
      summary: { ...summary, healed: false, from_donors: fromDonors, lost_blobs: lost.length },
      ...(isDamaged ? { error: notYetMended(vault, preview) } : {}),
    };
  await confirmOrRefuse(questionOf(preview), { given: input.has('--yes'), flag: '--yes' });
  using work = context.output.progress('heal');
  const outcome = await healVault(
    manualRun(context),
    { ...healing, lostKeys, progress: work.report },
    preview,
  );
  work[Symbol.dispose]();
  return await tellOutcome(context, vault, outcome, summary, preview);
}

/** Beside damage: snapshots that another program deleted and another vault has, or that it named anew. */
function hasWork({ snapshots, renamedSnapshots, successors }: HealingPreview): boolean {
  return snapshots.length + renamedSnapshots.length + successors.size > 0;
}

/** A script must not take a look for a cure. */
function notYetMended({ location }: Vault, preview: HealingPreview): LifeboatError {
  const { lost } = preview.blobs;
  const some = lost.length === 0 ? '' : `; no vault has ${plural(lost.length, 'blob')} of it`;
  return new LifeboatError(
    'VAULT_DAMAGED',
    `the vault ${location} has damage that is not mended yet${some}`,
    {
      hint: `Run \`lifeboat repair heal --vault ${location}\`, which mends what can be mended.`,
      details: { lost_blobs: lost.length },
    },
  );
}

/** A vault that cannot be opened gives nothing; that is said, and the others are asked. */
async function openDonors(
  context: CliContext,
  input: Input,
  request: VaultRequest,
  vault: Vault,
  stack: AsyncDisposableStack,
): Promise<Vault[]> {
  const wanted = input.values('--from');
  const donors: Vault[] = [];
  for (const donor of await donorRequests(context, input, request, wanted)) {
    try {
      const opened = stack.use(await context.openVault(donor));
      if (opened.id !== vault.id) donors.push(opened);
    } catch (error) {
      if (!(error instanceof LifeboatError) || context.signal.aborted || wanted.length > 0) throw error;
      const place = locationText(parseLocation(donor.location, donor.folder ?? context.folder));
      context.output.warn(`the vault at ${place} gives nothing: ${error.message}`);
    }
  }
  return donors;
}

/** Of a vault of the plan; a plain repository never had more. */
function cannotHeal({ location }: Vault): LifeboatError {
  const { object, what, hint } = lostFolder;
  return new LifeboatError('VAULT_DAMAGED', `${object} of ${location} ${what}`, { hint });
}

/** Raises KEY_NOT_FOUND. */
function lostKeysOf({ spares, removedKeys }: HealingPreview, wanted: readonly string[]): ReadonlySet<string> {
  const missing = spares
    .filter(({ mayBeRemoved, canBeMended }) => mayBeRemoved && canBeMended)
    .map(({ key }) => key.slice('keys/'.length))
    .filter((id) => !removedKeys.has(id));
  const found = wanted.map((begin) => {
    const [id, ...more] = missing.filter((each) => begin !== '' && each.startsWith(begin));
    if (id !== undefined && more.length === 0) return id;
    const count = id === undefined ? 'no' : 'more than one';
    throw new LifeboatError(
      'KEY_NOT_FOUND',
      `${count} missing key with a copy has an id that begins with "${begin}"`,
      {
        hint: 'Run `lifeboat repair heal --preview`, which names the keys that are missing.',
      },
    );
  });
  return new Set(found);
}

function questionOf({ blobs }: HealingPreview): string {
  const got = blobs.fromDonors === 0 ? '' : ` ${plural(blobs.fromDonors, 'blob')} come from other vaults.`;
  const lost = blobs.lost.length === 0 ? '' : ` ${plural(blobs.lost.length, 'blob')} cannot be mended.`;
  return `Make anew what is damaged or gone?${got}${lost}`;
}

async function tellPreview(
  context: CliContext,
  preview: HealingPreview,
  lostKeys: ReadonlySet<string>,
): Promise<void> {
  await tellAll(context, linesOf(preview, lostKeys), ({ object, what }) => ({
    fields: { object, what },
    text: `${object}: ${what}`,
  }));
}

function linesOf(
  preview: HealingPreview,
  lostKeys: ReadonlySet<string>,
): { readonly object: string; readonly what: string }[] {
  const { diagnosis, blobs, spares } = preview;
  const made = new Set(preview.snapshots.map(({ replaces }) => replaces));
  const lines = (ids: readonly string[], folder: string, what: (id: string) => string) =>
    ids.map((id) => ({ object: folder + id, what: what(id) }));
  const small = new Set(spares.map(({ key }) => key));
  return [
    ...blobs.packs.map(({ id, state, blobs: count, readable }) => ({
      object: `data/${id.slice(0, 2)}/${id}`,
      what: `is ${state}; ${readable} of ${plural(count, 'blob')} can be read`,
    })),
    ...lines(diagnosis.damagedIndexFiles, 'index/', () => 'is damaged; made anew from the packs'),
    ...(diagnosis.unindexedBlobs === 0
      ? []
      : [
          {
            object: 'index',
            what: `lacks ${plural(diagnosis.unindexedBlobs, 'blob')} that snapshots need and packs have; made anew from the packs`,
          },
        ]),
    ...lines([...new Set([...diagnosis.damagedSnapshots, ...preview.goneSnapshots])], 'snapshots/', (id) =>
      snapshotText(id, preview, made),
    ),
    ...preview.renamedSnapshots.map(({ replaces, snapshot }) => ({
      object: `snapshots/${replaces}`,
      what: `was named ${snapshot.id.slice(0, 8)} by another program; that is recorded`,
    })),
    ...lines(
      diagnosis.damagedKeys.filter((id) => !small.has(`keys/${id}`)),
      'keys/',
      () => 'is damaged',
    ),
    ...lines(diagnosis.damagedLocks, 'locks/', () => 'is damaged'),
    ...lines(preview.returnedKeys, 'keys/', () => 'was removed and is there again; it goes'),
    ...lines(preview.returnedSnapshots, 'snapshots/', () => 'was given up and is there again; it goes'),
    ...spares.map((finding) => ({ object: finding.key, what: spareText(finding, preview, lostKeys) })),
    ...preview.brokenChains.map(({ key, writer, what }) => ({
      object: key ?? `lifeboat/evidence/${writer}`,
      what: `${what}, and nothing here can put that right`,
    })),
    ...blobs.lost.map(({ type, id }) => ({ object: `${type} blob ${id}`, what: 'is in no vault' })),
  ];
}

function snapshotText(
  id: string,
  { diagnosis, successors }: HealingPreview,
  made: ReadonlySet<string>,
): string {
  const successor = successors.get(id);
  if (successor !== undefined)
    return `is gone, and is there again as ${successor.slice(0, 8)}; that is recorded`;
  const what = diagnosis.damagedSnapshots.includes(id) ? 'is damaged' : 'is gone, and no record gave it up';
  return made.has(id) ? `${what}; another vault has it` : `${what}; no other vault has it`;
}

function spareText(
  { key, what, canBeMended, mayBeRemoved }: SpareFinding,
  { removedKeys }: HealingPreview,
  lostKeys: ReadonlySet<string>,
): string {
  if (!canBeMended) return `${what}, and there is no copy of it`;
  if (!mayBeRemoved) return what;
  const id = key.slice('keys/'.length);
  if (removedKeys.has(id)) return 'was removed, and its copy is there; it goes';
  if (lostKeys.has(id)) return `${what}; it is put back`;
  return `${what}; it stays away unless --lost-key ${id.slice(0, 10)} says that it was lost`;
}

async function tellOutcome(
  context: CliContext,
  vault: Vault,
  { mended, lost, kept, report, record, check }: HealingOutcome,
  before: Readonly<Record<string, unknown>>,
  { spares, diagnosis: { unindexedBlobs } }: HealingPreview,
): Promise<CommandEnd> {
  const { output } = context;
  const indexMade =
    unindexedBlobs === 0
      ? undefined
      : `the index was made anew, and has ${plural(unindexedBlobs, 'blob')} more`;
  for (const key of lost)
    await output.result({ type: 'lost', object: key }, `${output.style.red('not mended')}: ${key}`);
  for (const key of kept) {
    const text = `kept by the store until its date, and needed no more: ${key}`;
    await output.result({ type: 'kept', object: key }, output.style.yellow(text));
  }
  for (const [location, blobs] of report.fromDonors) {
    const text = `${plural(blobs, 'blob')} came from ${location}`;
    await output.result({ type: 'donor', location, blobs }, text);
  }
  const count = check.snapshotIds.length;
  const work = [
    ...(indexMade === undefined ? [] : [indexMade]),
    ...(mended.length > 0 || indexMade === undefined ? [`${plural(mended.length, 'object')} mended`] : []),
  ].join('; ');
  await output.text(`${work}; ${plural(count, 'snapshot')} read back whole`);
  const summary = {
    ...before,
    healed: record.verdict === 'pass',
    mended,
    lost,
    kept,
    index_made_anew: indexMade !== undefined,
    blobs_mended: report.blobsMended,
    bytes_mended: report.bytesMended,
    new_snapshots: [...report.snapshots.values()].map(({ id }) => id),
    snapshots_whole: count,
    snapshots_damaged: check.damagedSnapshotIds.length,
  };
  if (record.verdict === 'pass') return { summary };
  const open = lost.length + check.damagedSnapshotIds.length;
  const undecided = new Set(spares.filter(({ mayBeRemoved }) => mayBeRemoved).map(({ key }) => key));
  const isUndecided = check.verdict === 'pass' && lost.every((key) => undecided.has(key));
  return { summary, error: incomplete(vault, open, isUndecided) };
}

function incomplete(vault: Vault, open: number, isUndecided: boolean): LifeboatError {
  return new LifeboatError(
    'HEAL_INCOMPLETE',
    `${plural(open, 'object')} of ${vault.location} could not be mended`,
    {
      hint: isUndecided
        ? 'Say with --lost-key ID which missing keys were lost; finish the removal of the others with `lifeboat key remove ID`.'
        : 'Heal other vaults that have damage of their own first, or name further ones with --from. What nobody has is given up with `lifeboat repair packs` and `lifeboat repair snapshots`.',
      details: { open },
    },
  );
}
