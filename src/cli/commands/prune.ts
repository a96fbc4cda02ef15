/** `lifeboat prune`: removes what no recovery point needs any more. */

import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import type { RunContext } from '../../evidence/run-context.ts';
import { parseByteSize } from '../../plan/byte-size.ts';
import { parseDuration } from '../../plan/duration.ts';
import { type DeletionPause, deletionPauses } from '../../recovery-point/suspicion.ts';
import type { UnusedLimit } from '../../repository/prune-types.ts';
import type { Vault } from '../../vault/vault.ts';
import { vaultOptions } from '../choose-vault.ts';
import type { AppContext, VaultRequest } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import { neverAsksOption } from '../confirm.ts';
import type { Input } from '../input.ts';
import { manualRun } from '../manual-run.ts';
import { newRun } from '../plan/new-run.ts';
import { historyOf } from '../plan/plan-history.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import { openPlanVaults, type PlanVaults } from '../plan/plan-vaults.ts';
import { goOnDespiteDamage } from '../prune/damage-pause.ts';
import { previewVault } from '../prune/preview-vault.ts';
import { graceOf, pruneVault } from '../prune/prune-vault.ts';
import { blindSpot } from '../retention/blind-spot.ts';
import { whyOf } from '../retention/hold-points.ts';
import { soundRecords } from '../retention/preview-repository.ts';
import { placeOf, type RetentionPlace } from '../retention/searched-vaults.ts';
import { pruneSubject } from '../run-due/pass-prune.ts';
import { rememberAttempts } from '../run-due/remember-attempts.ts';

const waitMsDefault = 5 * 60 * 1000;

export const prune: Command<AppContext> = {
  description:
    'Removes what no recovery point needs any more, in all vaults of the plan or in --vault. In two phases: what ' +
    'nobody needs is marked first, and removed by a later prune when the grace is over and everything was looked at ' +
    'again. Backups may run meanwhile: those of Lifeboat step aside, those of restic are waited for. While damage of a vault ' +
    'is known, or something looks like ransomware, nothing is marked or removed there.',
  options: [
    ...vaultOptions,
    { flag: '--preview', description: 'show what would go, and change nothing' },
    {
      flag: '--despite-damage',
      description: 'although damage is known: remove what nobody needs before it is mended; say --why',
    },
    { flag: '--why', value: 'TEXT', description: 'the reason; it is kept in the vault' },
    {
      flag: '--grace',
      value: 'DURATION',
      description: "how long what is marked stays (default: the vault's grace in the plan, else 1 day)",
    },
    {
      flag: '--max-unused',
      value: 'LIMIT',
      description:
        'how much may lie unused before packs are rewritten: a share, a size, or unlimited (default: 5%)',
    },
    {
      flag: '--wait',
      value: 'DURATION',
      description: 'how long to wait for others to release the vault (default: 5 minutes)',
    },
    neverAsksOption,
  ],
  examples: [
    { line: 'lifeboat prune --preview', says: 'what goes, what is rewritten, and when' },
    { line: 'lifeboat prune', says: 'mark what nobody needs, remove what was marked a day ago' },
    { line: 'lifeboat prune --vault /mnt/backup --grace 0s', says: 'at once, as restic does' },
    {
      line: 'lifeboat prune --vault here --despite-damage --why "the disk is full"',
      says: 'before damage that a check found is mended',
    },
  ],
  run: async (context, input) => {
    const settings = settingsOf(input);
    const reason = reasonOf(input);
    const place = await placeOf(context, input);
    await using opened = await openAll(context, place);
    const wish: PruneWish = { settings, reason, isPreview: input.has('--preview') };
    const isNamed = place.session === undefined || place.vault !== undefined;
    const vaults = isNamed || wish.isPreview ? opened.vaults : withoutAppendOnly(context, opened.vaults);
    const errors = [...opened.errors];
    const summaries: Readonly<Record<string, unknown>>[] = [];
    for (const each of vaults) {
      try {
        summaries.push(await pruneOne(context, opened, each, wish));
      } catch (error) {
        if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
        errors.push(error);
      }
    }
    return endOf(summaries, errors);
  },
};

function reasonOf(input: Input): string | undefined {
  if (input.has('--despite-damage')) return whyOf(input);
  if (input.value('--why') === undefined) return undefined;
  throw new LifeboatError('USAGE', '--why has nothing to give a reason for', {
    hint: 'It belongs to --despite-damage.',
  });
}

interface PruneWish {
  readonly settings: ReturnType<typeof settingsOf>;
  /** Why although damage is known. */
  readonly reason: string | undefined;
  readonly isPreview: boolean;
}

/** Another machine prunes those; to do nothing at all is not what was asked for. */
function withoutAppendOnly({ output }: AppContext, vaults: readonly OpenVault[]): readonly OpenVault[] {
  const pruned = vaults.filter(({ appendOnly }) => !appendOnly);
  if (pruned.length === 0) return vaults;
  for (const { name, appendOnly } of vaults)
    if (appendOnly) output.note(`${name}: this machine only adds there, by the plan; another one prunes it`);
  return pruned;
}

/** For machines. Raises DELETION_PAUSED, STORE_APPEND_ONLY. */
async function pruneOne(
  context: AppContext,
  opened: OpenedAll,
  each: OpenVault,
  { settings, reason, isPreview }: PruneWish,
): Promise<Readonly<Record<string, unknown>>> {
  const options = { ...settings, graceMs: settings.graceMs ?? each.graceMs };
  if (isPreview)
    return { vault: each.name, ...(await previewVault(context, each.name, each.vault, options)) };
  if (each.appendOnly) throw onlyAdded(each.name);
  const pauses = await opened.pauses(each.name);
  // under suspicion it is refused all the same, and no record may say otherwise
  if (reason !== undefined && pauses.length === 0) await goOn(context, opened.run, each, reason);
  const report = await pruneVault(context, {
    run: opened.run,
    ...each,
    pauses,
    options,
    despiteLoss: reason !== undefined,
  });
  await opened.wentWell(each.name);
  return {
    vault: each.name,
    reclaimed_bytes: report.reclaimed.bytes,
    pending_bytes: report.pending.bytes,
  };
}

interface OpenVault {
  readonly name: string;
  readonly vault: Vault;
  readonly graceMs: number;
  readonly appendOnly: boolean;
}

interface OpenedAll extends AsyncDisposable {
  readonly vaults: readonly OpenVault[];
  readonly run: RunContext;
  /** Of vaults that cannot be opened. */
  readonly errors: readonly LifeboatError[];
  /**
   * Suspicions in the records of all vaults: what is good may be needed from any of them. Raises VAULT_DAMAGED, and
   * DELETION_PAUSED when the vault that would tell of suspicions is away and this machine does not know it well enough.
   */
  readonly pauses: (name: string) => Promise<readonly DeletionPause[]>;
  /** Passes on this machine have no failure of before to tell of any more. */
  readonly wentWell: (name: string) => Promise<void>;
}

async function openAll(context: AppContext, place: RetentionPlace): Promise<OpenedAll> {
  return place.session === undefined
    ? await openOne(context, place.request)
    : await openPlanned(context, place.session, place.vault);
}

async function openOne(context: AppContext, request: VaultRequest): Promise<OpenedAll> {
  const vault = await context.openVault(request);
  const { declared } = request;
  const own = { name: vault.location, vault, graceMs: graceOf(declared) };
  return {
    vaults: [{ ...own, appendOnly: declared?.append_only === true }],
    run: manualRun(context),
    errors: [],
    pauses: async () => {
      const { records } = await soundRecords(vault, context.signal);
      return deletionPauses(records, context.nowMs());
    },
    wentWell: async () => undefined,
    [Symbol.asyncDispose]: () => vault[Symbol.asyncDispose](),
  };
}

async function openPlanned(
  context: AppContext,
  session: PlanSession,
  only: string | undefined,
): Promise<OpenedAll> {
  const planVaults = openPlanVaults(context, session);
  const vaults: OpenVault[] = [];
  const away = new Map<string, LifeboatError>();
  for (const { name, declared } of session.plan.vaults) {
    try {
      const vault = await planVaults.open(name);
      vaults.push({ name, vault, graceMs: graceOf(declared), appendOnly: declared.append_only === true });
    } catch (error) {
      if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
      away.set(name, error);
    }
  }
  const isWanted = (name: string): boolean => only === undefined || only === name;
  return {
    vaults: vaults.filter(({ name }) => isWanted(name)),
    run: newRun(context, session, 'manual'),
    errors: [...away].flatMap(([name, error]) => (isWanted(name) ? [error] : [])),
    pauses: (name) => pausesNow(context, { session, planVaults, vaults, away }, name),
    wentWell: async (name) => {
      const about = { planId: session.plan.metadata.id, systemHash: '' };
      try {
        await rememberAttempts(context, about, [{ subject: pruneSubject(name), systems: [], vault: name }]);
      } catch (error) {
        // what was carried out and recorded is done all the same
        const reason = systemErrorName(error);
        if (reason === undefined) throw error;
        context.output.note(`this machine could not keep that the prune of ${name} went well (${reason})`);
      }
    },
    [Symbol.asyncDispose]: () => planVaults[Symbol.asyncDispose](),
  };
}

interface Reading {
  readonly session: PlanSession;
  readonly planVaults: PlanVaults;
  readonly vaults: readonly OpenVault[];
  readonly away: ReadonlyMap<string, LifeboatError>;
}

/** Of vaults that are away, what this machine knows of them. */
async function pausesNow(
  { signal, nowMs }: AppContext,
  { session, planVaults, vaults, away }: Reading,
  name: string,
): Promise<readonly DeletionPause[]> {
  const read = await Promise.all(
    vaults.map(async (each) => ({ vault: each.name, known: await soundRecords(each.vault, signal) })),
  );
  const cached = [...away.keys()].map((vault) => ({ vault, known: planVaults.known(vault) }));
  const histories = [
    ...read.map(({ vault, known }) => ({ vault, role: '', ...historyOf(session, known, vault) })),
    ...cached.map(({ vault, known }) => {
      const facts = known === undefined ? { records: [], points: [] } : historyOf(session, known, vault);
      return { vault, role: '', ...facts, isStale: true as const };
    }),
  ];
  const own = histories.find(({ vault }) => vault === name);
  const blind = own === undefined ? undefined : blindSpot(session, histories, own);
  if (blind !== undefined) throw blind;
  const records = [...read, ...cached].flatMap(({ known }) => known?.records ?? []);
  return deletionPauses(records, nowMs());
}

async function goOn(
  { output, signal }: AppContext,
  run: RunContext,
  { name, vault }: OpenVault,
  reason: string,
): Promise<void> {
  if (await goOnDespiteDamage(run, vault, reason, signal))
    output.warn(`${name} is damaged; what nobody needs is removed all the same`);
  else output.note(`no damage of ${name} is known`);
}

interface PruneSettings {
  readonly graceMs: number | undefined;
  readonly waitMs: number;
  readonly maxUnused?: UnusedLimit;
}

/** Raises USAGE. */
function settingsOf(input: Input): PruneSettings {
  return {
    graceMs: durationOf(input, '--grace'),
    waitMs: durationOf(input, '--wait') ?? waitMsDefault,
    ...maxUnusedOf(input.value('--max-unused')),
  };
}

function durationOf(input: Input, flag: string): number | undefined {
  const text = input.value(flag);
  if (text === undefined) return undefined;
  const parsed = parseDuration(text);
  if (parsed.ok) return parsed.value;
  throw new LifeboatError('USAGE', `"${text}" is no duration`, {
    hint: `Write ${flag} with a number and a unit, such as 36h, 2 days or 0s.`,
  });
}

/** As restic has it: a share of the whole, a size, or no limit. */
function maxUnusedOf(text: string | undefined): Pick<PruneSettings, 'maxUnused'> {
  if (text === undefined) return {};
  if (text === 'unlimited') return { maxUnused: { bytes: Number.POSITIVE_INFINITY } };
  const percent = Number(/^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1]);
  if (percent >= 0 && percent < 100) return { maxUnused: { percent } };
  const size = parseByteSize(text);
  if (size.ok) return { maxUnused: { bytes: size.value } };
  throw new LifeboatError('USAGE', `"${text}" is neither a share nor a size`, {
    hint: 'Write --max-unused as a percentage from 0% to below 100%, as a size such as 500 MiB, or as unlimited.',
  });
}

function onlyAdded(name: string): LifeboatError {
  return new LifeboatError('STORE_APPEND_ONLY', `this machine only adds to the vault ${name}, by the plan`, {
    hint: 'Run prune on the machine that may delete, with a plan that does not say `append_only` of this vault.',
  });
}

/** All of what was refused is told; the first one counts. */
function endOf(
  vaults: readonly Readonly<Record<string, unknown>>[],
  errors: readonly LifeboatError[],
): CommandEnd {
  const [first] = errors;
  const refused = errors.map(({ code, message }) => ({ code, message }));
  return { summary: { vaults, refused }, ...(first === undefined ? {} : { error: first }) };
}
