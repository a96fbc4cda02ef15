/** Reads back the share of each vault that is due today. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { CheckRecord, RunRecord } from '../../evidence/record.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { standingDamage } from '../../recovery-point/known-damage.ts';
import type { CheckOptions } from '../../repository/repository-types.ts';
import { coveragePercent, rereadWithinMsDefault } from '../../vault/rolling-check.ts';
import type { Vault } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import { toldDamage } from '../damage-text.ts';
import { withLostPoints } from '../lost-findings.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import { momentText, plural } from '../quantity-text.ts';
import { recordCheck } from '../record-check.ts';
import { coverageText, noteRead, rollingChoice } from '../rolling-read.ts';
import { withSmallObjects } from '../small-objects.ts';
import { vaultWord } from '../vault-word.ts';
import type { Chore } from './chore.ts';
import type { Finding } from './finding.ts';
import { decideCheck, lastRollingCheck } from './owed-check.ts';
import type { PassVoice } from './pass-voice.ts';

/** The share is cut to what was read in this time before, so that it comes to an end between two backups. */
const readMsMax = 30 * 60_000;
/** Even of a store that was slow the last time. */
const readBytesMin = 64 * 1024 * 1024;

export interface PassCheckRequest {
  readonly plannedVaults: readonly ResolvedVault[];
  readonly vaults: PlanVaults;
  readonly voice: PassVoice;
}

export interface OwedChecks {
  readonly chores: readonly Chore[];
  /** Damage that was found and that nothing shows to be mended: told in each pass. */
  readonly findings: readonly Finding[];
}

export function owedChecks(
  context: AppContext,
  request: PassCheckRequest,
  histories: readonly VaultHistory[],
): OwedChecks {
  const readable = histories.filter(({ trouble, isStale }) => trouble === undefined && isStale !== true);
  const nowMs = context.nowMs();
  const chores = readable.flatMap((history): readonly Chore[] => {
    const decision = decideCheck(history.records, nowMs);
    if (decision.kind === 'wait') return [];
    const { vault, records } = history;
    const reason = 'the share of today is to be read back';
    const perform = (own: AppContext) => checkShare(own, request, vault, lastRollingCheck(records));
    const about = { subject: `check ${vault}`, kind: 'check', vault, systems: [] } as const;
    return [{ ...about, reason, owedSinceMs: decision.sinceMs, perform }];
  });
  const checked = new Set(chores.map(({ vault }) => vault));
  const others = readable.filter(({ vault }) => !checked.has(vault));
  return { chores, findings: others.flatMap((history) => damageFinding(history, nowMs)) };
}

function damageFinding({ vault, records }: VaultHistory, nowMs: number): readonly Finding[] {
  const about = { subject: `check ${vault}`, systems: [], vault };
  const error = unmended(vault, records, nowMs);
  if (error !== undefined) return [{ ...about, error }];
  return lastRollingCheck(records) === undefined ? [] : [about];
}

async function checkShare(
  context: AppContext,
  { plannedVaults, vaults, voice }: PassCheckRequest,
  name: string,
  last: CheckRecord | undefined,
): Promise<LifeboatError | undefined> {
  const vault = await vaults.open(name);
  const declared = plannedVaults.find((each) => each.name === name)?.declared.reread_within;
  const withinMs = declared ?? rereadWithinMsDefault;
  const startMs = context.nowMs();
  const snapshotIds = await vault.repository.snapshotIds(context.signal);
  const { records: before } = await vault.records(context.signal);
  const found = await vault.repository.check({
    readData: upTo(bytesInTime(last), rollingChoice(vault, before, withinMs, startMs)),
    signal: context.signal,
  });
  const word = vaultWord(name, vault);
  const whole = await withSmallObjects(vault, found, { all: false, word, signal: context.signal });
  const report = await withLostPoints(context, vault, word, whole, await vault.records(context.signal));
  const coverage = await noteRead(vault, found, { withinMs, nowMs: context.nowMs(), records: before });
  const done = { report, data: found, startMs, readData: 'part', snapshotIds, coverage } as const;
  const { records } = await recordCheck(context, vault, done);
  const percent = coveragePercent(coverage);
  const fields = { vault: name, errors: report.errors.length, reread_percent: percent };
  await voice.say('check', fields, `checked   ${name}: ${coverageText(coverage)}`);
  if (report.errors.length > 0) return damaged(name, vault, report.errors.length);
  // a share that is sound says nothing of the bytes that are not in it
  return unmended(name, records, context.nowMs());
}

/** As fast as the last time; without one nothing is known, and nothing is cut. */
function bytesInTime(last: CheckRecord | undefined): number {
  if (last === undefined || last.endMs <= last.startMs || last.bytesRead === 0)
    return Number.POSITIVE_INFINITY;
  return Math.max(readBytesMin, (last.bytesRead / (last.endMs - last.startMs)) * readMsMax);
}

/** The oldest come first, so that what is left over comes first the next time. */
function upTo(
  bytesMax: number,
  choice: NonNullable<CheckOptions['readData']>,
): NonNullable<CheckOptions['readData']> {
  if (typeof choice !== 'object' || !('choose' in choice)) return choice;
  const { choose } = choice;
  return {
    choose: (sizes) => {
      let bytes = 0;
      return [...choose(sizes)].filter((id, at) => {
        bytes += sizes.get(id) ?? 0;
        return at === 0 || bytes <= bytesMax;
      });
    },
  };
}

function damaged(name: string, { location }: Vault, count: number): LifeboatError {
  const message = `the vault ${location} has damage: ${plural(count, 'finding')}`;
  return vaultDamaged(message, `lifeboat check --vault ${name}`, name, { findings: count });
}

/** Whoever found it, and whichever points it names. */
function unmended(name: string, records: readonly RunRecord[], nowMs: number): LifeboatError | undefined {
  const told = toldDamage(standingDamage(records, nowMs));
  if (told === undefined) return undefined;
  const { recordId, sinceMs } = told.shown;
  const message = `the vault ${name}: ${told.text(`at ${momentText(sinceMs)}`)}`;
  return vaultDamaged(message, `lifeboat check --read-data --vault ${name}`, name, { record: recordId });
}

function vaultDamaged(
  message: string,
  look: string,
  name: string,
  details: LifeboatError['details'],
): LifeboatError {
  return new LifeboatError('VAULT_DAMAGED', message, {
    hint: `Run \`${look}\` to see it, and \`lifeboat repair heal --vault ${name}\` to mend it from another vault.`,
    details,
  });
}
