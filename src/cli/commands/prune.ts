/** `lifeboat prune`: removes what no recovery point needs any more. */

import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RunContext } from '../../evidence/run-context.ts';
import { parseDuration } from '../../plan/duration.ts';
import { deletionPauses } from '../../recovery-point/suspicion.ts';
import type { Vault } from '../../vault/vault.ts';
import { vaultOptions } from '../choose-vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import type { Input } from '../input.ts';
import { manualRun } from '../manual-run.ts';
import { newRun } from '../plan/new-run.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';
import { previewVault } from '../prune/preview-vault.ts';
import { graceOf, pruneVault } from '../prune/prune-vault.ts';
import { soundRecords } from '../retention/preview-repository.ts';
import { placeOf, type RetentionPlace } from '../retention/searched-vaults.ts';

const waitMsDefault = 5 * 60 * 1000;
const maxUnusedPercentDefault = 5;

export const prune: Command<AppContext> = {
  description:
    'Removes what no recovery point needs any more, in all vaults of the plan or in --vault. In two phases: what ' +
    'nobody needs is marked first, and removed by a later prune when the grace is over and everything was looked at ' +
    'again. Backups may run meanwhile: those of Lifeboat step aside, those of restic are waited for.',
  options: [
    ...vaultOptions,
    { flag: '--preview', description: 'show what would go, and change nothing' },
    {
      flag: '--grace',
      value: 'DURATION',
      description: "how long what is marked stays (default: the vault's grace in the plan, else 1 day)",
    },
    {
      flag: '--max-unused',
      value: 'SHARE',
      description: 'how much may lie unused before packs are rewritten (default: 5%)',
    },
    {
      flag: '--wait',
      value: 'DURATION',
      description: 'how long to wait for others to release the vault (default: 5 minutes)',
    },
  ],
  examples: [
    { line: 'lifeboat prune --preview', says: 'what goes, what is rewritten, and when' },
    { line: 'lifeboat prune', says: 'mark what nobody needs, remove what was marked a day ago' },
    { line: 'lifeboat prune --vault /mnt/backup --grace 0s', says: 'at once, as restic does' },
  ],
  run: async (context, input) => {
    const settings = settingsOf(input);
    await using opened = await openAll(context, await placeOf(context, input));
    const errors = [...opened.errors];
    const summaries: Readonly<Record<string, unknown>>[] = [];
    for (const each of opened.vaults) {
      const options = { ...settings, graceMs: settings.graceMs ?? each.graceMs };
      try {
        if (input.has('--preview')) {
          summaries.push({
            vault: each.name,
            ...(await previewVault(context, each.name, each.vault, options)),
          });
          continue;
        }
        if (each.appendOnly) throw onlyAdded(each.name);
        const pauses = await opened.pauses();
        const report = await pruneVault(context, { run: opened.run, ...each, pauses, options });
        summaries.push({
          vault: each.name,
          reclaimed_bytes: report.reclaimed.bytes,
          pending_bytes: report.pending.bytes,
        });
      } catch (error) {
        if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
        errors.push(error);
      }
    }
    return endOf(summaries, errors);
  },
};

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
  /** Suspicions in the records of all that is open: what is good may be needed from any of them. */
  readonly pauses: () => Promise<ReturnType<typeof deletionPauses>>;
}

async function openAll(context: AppContext, place: RetentionPlace): Promise<OpenedAll> {
  if (place.session === undefined) {
    const vault = await context.openVault(place.request);
    const graceMs = graceOf(place.request.declared);
    const own = {
      name: vault.location,
      vault,
      graceMs,
      appendOnly: place.request.declared?.append_only === true,
    };
    return {
      vaults: [own],
      run: manualRun(context),
      errors: [],
      pauses: () => pausesOf(context, [vault]),
      [Symbol.asyncDispose]: () => vault[Symbol.asyncDispose](),
    };
  }
  const { session } = place;
  const planVaults = openPlanVaults(context, session);
  const vaults: OpenVault[] = [];
  const errors: LifeboatError[] = [];
  for (const { name, declared } of session.plan.vaults) {
    try {
      const vault = await planVaults.open(name);
      vaults.push({ name, vault, graceMs: graceOf(declared), appendOnly: declared.append_only === true });
    } catch (error) {
      if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
      if (place.vault === undefined || place.vault === name) errors.push(error);
    }
  }
  return {
    vaults: vaults.filter(({ name }) => place.vault === undefined || place.vault === name),
    run: newRun(context, session, 'manual'),
    errors,
    pauses: () =>
      pausesOf(
        context,
        vaults.map(({ vault }) => vault),
      ),
    [Symbol.asyncDispose]: () => planVaults[Symbol.asyncDispose](),
  };
}

async function pausesOf({ signal }: AppContext, vaults: readonly Vault[]) {
  const known = await Promise.all(vaults.map((vault) => soundRecords(vault, signal)));
  return deletionPauses(known.flatMap(({ records }) => records));
}

interface PruneSettings {
  readonly graceMs: number | undefined;
  readonly waitMs: number;
  readonly maxUnusedPercent: number;
}

/** Raises USAGE. */
function settingsOf(input: Input): PruneSettings {
  return {
    graceMs: durationOf(input, '--grace'),
    waitMs: durationOf(input, '--wait') ?? waitMsDefault,
    maxUnusedPercent: percentOf(input.value('--max-unused')),
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

function percentOf(text: string | undefined): number {
  if (text === undefined) return maxUnusedPercentDefault;
  const percent = Number(/^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1]);
  if (percent >= 0 && percent < 100) return percent;
  throw new LifeboatError('USAGE', `"${text}" is no share`, {
    hint: 'Write --max-unused as a percentage from 0% to below 100%.',
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
