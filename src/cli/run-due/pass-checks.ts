/** Reads back the share of each vault that is due today. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { coveragePercent, rereadWithinMsDefault } from '../../vault/rolling-check.ts';
import type { Vault } from '../../vault/vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import { plural } from '../quantity-text.ts';
import { recordCheck } from '../record-check.ts';
import { knownError } from '../report-error.ts';
import { coverageText, noteRead, rollingChoice } from '../rolling-read.ts';
import { withSmallObjects } from '../small-objects.ts';
import type { Finding } from './finding.ts';
import { decideCheck } from './owed-check.ts';
import type { PassVoice } from './pass-voice.ts';

export interface PassCheckRequest {
  readonly plannedVaults: readonly ResolvedVault[];
  readonly vaults: PlanVaults;
  readonly voice: PassVoice;
  readonly dryRun?: boolean;
}

/** One finding for each vault that was looked at, or that could not be. */
export async function checkOwed(
  context: AppContext,
  request: PassCheckRequest,
  histories: readonly VaultHistory[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { vault, records, trouble, isStale } of histories) {
    if (trouble !== undefined || isStale || decideCheck(records, context.nowMs()).kind === 'wait') continue;
    await request.voice.say('owed_check', { vault }, `owed      check of ${vault}`);
    if (request.dryRun === true) continue;
    const error = await attempt(context, () => checkShare(context, request, vault));
    const finding: Finding = {
      ...{ subject: `check ${vault}`, systems: [], vault },
      ...(error === undefined ? {} : { error }),
    };
    await request.voice.failed(finding);
    findings.push(finding);
  }
  return findings;
}

async function checkShare(
  context: AppContext,
  { plannedVaults, vaults, voice }: PassCheckRequest,
  name: string,
): Promise<LifeboatError | undefined> {
  const vault = await vaults.open(name);
  const declared = plannedVaults.find((each) => each.name === name)?.declared.reread_within;
  const withinMs = declared ?? rereadWithinMsDefault;
  const startMs = context.nowMs();
  const snapshotIds = await vault.repository.snapshotIds(context.signal);
  const found = await vault.repository.check({
    readData: rollingChoice(vault, withinMs, startMs),
    signal: context.signal,
  });
  const report = await withSmallObjects(vault, found, false, context.signal);
  const coverage = await noteRead(vault, found, { withinMs, nowMs: context.nowMs() });
  await recordCheck(context, vault, { report: found, startMs, readData: 'part', snapshotIds, coverage });
  const percent = coveragePercent(coverage);
  const fields = { vault: name, errors: report.errors.length, reread_percent: percent };
  await voice.say('check', fields, `checked   ${name}: ${coverageText(coverage)}`);
  return report.errors.length === 0 ? undefined : damaged(vault, report.errors.length);
}

function damaged(vault: Vault, count: number): LifeboatError {
  return new LifeboatError(
    'VAULT_DAMAGED',
    `the vault ${vault.location} has damage: ${plural(count, 'finding')}`,
    {
      hint: 'Run `lifeboat check` to see it, and `lifeboat repair heal` to mend it from another vault.',
      details: { findings: count },
    },
  );
}

/** What must not end the other work; interruptions do. */
async function attempt(
  context: AppContext,
  work: () => Promise<LifeboatError | undefined>,
): Promise<LifeboatError | undefined> {
  try {
    return await work();
  } catch (error) {
    if (context.signal.aborted) throw error;
    return knownError(error);
  }
}
