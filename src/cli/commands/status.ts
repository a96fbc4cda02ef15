/** `lifeboat status`: one sentence of verdict, then a row for each system, worst first. */
import { exitCodes } from '../../error/codes.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { copyLagMs, lagText } from '../../objective/copy-lag.ts';
import { durationText, ratioText } from '../../objective/duration-text.ts';
import {
  type Assessment,
  type ObjectiveKind,
  objectiveName,
  type Status,
} from '../../objective/objective.ts';
import type { DeletionPause } from '../../recovery-point/suspicion.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import { warnOfRecoveryKeys } from '../keys/recovery-key-warning.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { type AssessedSystem, assessPlan, type PlanAssessment } from '../plan/assess-plan.ts';
import { readLogStatuses } from '../plan/log-statuses.ts';
import { planHistory, type VaultHistory, wrongWith } from '../plan/plan-history.ts';
import { openPlan, type PlanSession } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';
import { tellStores } from '../plan/store-proofs.ts';
import { systemTable } from '../plan/system-table.ts';
import { tellVaults } from '../plan/tell-vaults.ts';
import { type VaultState, vaultState } from '../plan/vault-state.ts';
import { momentText } from '../quantity-text.ts';
import { pausesOf, reaches, tellPauses } from '../retention/plan-pauses.ts';
import { givesUp } from '../run-due/pass-prune.ts';
import { suspected } from '../run-due/suspicion-findings.ts';
import type { Style } from '../style.ts';
import { wrapText } from '../wrap-text.ts';

export const status: Command<AppContext> = {
  description:
    'Shows where each system stands against its RPO, RTO and proof age, worst first. It reads what this machine last read from ' +
    'the vaults, says how old that is, and sees whether `lifeboat/`, the config, the keys, the snapshots and the newest records still lie there; --refresh opens the vaults. Where the terminal is too narrow, next run, proof and RTO move below the row, in this order. What is not known or not proven is never green. Exit code 7 ' +
    'when an objective is not met; else, when a vault is away, damaged, not believed or under suspicion, no point of a system is proven since one failed its proof, or the last copy into the vault failed, that error and its exit code.',
  options: [...planOptions, { flag: '--refresh', description: 'read the vaults now' }],
  examples: [
    { line: 'lifeboat status', says: 'what this machine knows' },
    { line: 'lifeboat status --refresh --json', says: 'what the vaults say now, for a monitor' },
  ],
  run: async (context, input) => {
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    await using vaults = openPlanVaults(context, session);
    const histories = await planHistory(context, session, vaults, input.has('--refresh'));
    const nowMs = context.nowMs();
    const assessment = assessPlan(session.plan, histories, nowMs, readLogStatuses(session.plan));
    await report(context, session.plan.metadata.name, assessment, histories, nowMs);
    const pauses = pausesOf(session, histories, nowMs);
    const states = statesOf(session, histories, assessment, nowMs);
    await context.output.text('');
    await tellVaults(context.output, states);
    warnOfRecoveryKeys(context.output, histories, nowMs);
    await tellPauses(context, pauses);
    return statusEnd(assessment, histories, wrongOf(states, pauses));
  },
};

export async function report(
  context: AppContext,
  planName: string,
  { verdict, systems }: PlanAssessment,
  histories: readonly VaultHistory[],
  nowMs: number,
): Promise<void> {
  const { output } = context;
  for (const history of histories) {
    const wrong = wrongWith(history);
    if (wrong)
      output.warn(
        `vault ${history.vault}: ${wrong.message}${wrong.hint === undefined ? '' : `. ${wrong.hint}`}`,
      );
  }
  const { columns, style } = output;
  const fold = (text: string, indent: string) => wrapText(text, columns, indent);
  await output.text(boldStart(fold(`${planName}: ${verdict.sentence}`, '  '), `${planName}:`, style));
  const rows = systems.map((system) => rowOf(system, nowMs, style));
  const table = systemTable(
    rows.map(({ cells }) => cells),
    columns,
  );
  await output.text(`\n${style.dim(table.heading)}`);
  for (const [at, system] of systems.entries()) {
    const [row, shown] = [rows[at], table.rows[at]];
    if (row === undefined || shown === undefined) continue;
    const details = [...shown.below.map((words) => `    ${words}`), ...row.details];
    const text = [row.paint(shown.line), ...details.map((detail) => fold(detail, '      '))].join('\n');
    await output.result(systemRecord(system, nowMs), text);
  }
  await output.text(`\n${fold(readText(histories, nowMs), '  ')}\n${measuredNote}`);
  await tellStores(output, histories);
}

function statesOf(
  session: PlanSession,
  histories: readonly VaultHistory[],
  { systems }: PlanAssessment,
  nowMs: number,
): readonly VaultState[] {
  const pauses = pausesOf(session, histories, nowMs);
  return session.plan.vaults.flatMap((vault) => {
    const history = histories.find((each) => each.vault === vault.name);
    if (history === undefined) return [];
    const own = pauses.filter(({ system }) => reaches(session, history, system));
    return [vaultState({ vault, history, systems, pauses: own, givesUp: givesUp(session, vault), nowMs })];
  });
}

/** What no objective measures, and must not end in success all the same. */
function wrongOf(
  states: readonly VaultState[],
  [pause]: readonly DeletionPause[],
): LifeboatError | undefined {
  if (pause !== undefined) return suspected(pause);
  for (const { vault, facets } of states) {
    for (const [name, code, hint] of failures) {
      const failed = facets.find(
        (facet) => facet.name === name && facet.status === 'failed' && (facet.code ?? code) === code,
      );
      if (failed !== undefined)
        return new LifeboatError(code, `vault ${vault}: ${failed.words}`, { hint: hint(vault) });
    }
  }
  return undefined;
}

const failures = [
  ['damage', 'VAULT_DAMAGED', healHint],
  ['points', 'VAULT_DAMAGED', healHint],
  [
    'points',
    'VERIFICATION_FAILED',
    (vault: string) =>
      `Run \`lifeboat points\` to see which, mend what the checks of the system name, back up, and run \`lifeboat verify --vault ${vault}\`.`,
  ],
  [
    'store',
    'STORE_UNFIT',
    (vault: string) => `Mend the store, then run \`lifeboat vault check --vault ${vault}\`.`,
  ],
  [
    'copies',
    'COPY_INCOMPLETE',
    (vault: string) =>
      `Mend what kept the last copy from succeeding, then run \`lifeboat copy --to ${vault}\`.`,
  ],
  [
    'immutable',
    'AUDIT_FAILED',
    (vault: string) => `Run \`lifeboat vault audit ${vault}\` to see what can be deleted.`,
  ],
] as const;

function healHint(vault: string): string {
  return `Run \`lifeboat check --read-data --vault ${vault}\` to see it, and \`lifeboat repair heal --vault ${vault}\` to mend it from another vault.`;
}

function statusEnd(
  { verdict, systems }: PlanAssessment,
  histories: readonly VaultHistory[],
  wrong: LifeboatError | undefined,
): CommandEnd {
  const summary = {
    status: verdict.status,
    sentence: verdict.sentence,
    recoverable: verdict.recoverable,
    systems: verdict.systems,
  };
  const [away] = histories.flatMap((history) => wrongWith(history) ?? []);
  if (verdict.status === 'met' || verdict.status === 'at-risk')
    return endWith(summary, wrong?.exitCode === exitCodes.damaged ? wrong : (away ?? wrong));
  const unmet = systems.filter((system) => system.status === 'breached' || system.status === 'unknown');
  const next = unmet.flatMap(({ worst }) => (worst?.nextAction === undefined ? [] : [worst.nextAction]))[0];
  return {
    summary,
    error: new LifeboatError(
      'OBJECTIVE_NOT_MET',
      `${unmet.length} of ${systems.length} systems are breached or unknown`,
      {
        hint:
          away?.hint ??
          (next === undefined ? 'Give the systems objectives in the plan.' : `Run \`${next}\`.`),
      },
    ),
  };
}

function endWith(summary: CommandEnd['summary'], error: LifeboatError | undefined): CommandEnd {
  return error === undefined ? { summary } : { summary, error };
}

function boldStart(text: string, start: string, style: Style): string {
  return text.startsWith(start) ? style.bold(start) + text.slice(start.length) : text;
}

interface Row {
  readonly cells: readonly string[];
  readonly paint: (text: string) => string;
  /** What is proven; and for all that is not met why, and what to do. */
  readonly details: readonly string[];
}

const words: Readonly<Record<Status, string>> = {
  met: 'ok',
  'at-risk': 'AT RISK',
  unknown: 'UNKNOWN',
  breached: 'BREACHED',
};

function rowOf(system: AssessedSystem, nowMs: number, style: Style): Row {
  const cell = (kind: ObjectiveKind): string =>
    measuredText(system.assessments.find(({ objective }) => objective.kind === kind));
  const unmet = system.assessments.filter(({ status: state }) => state !== 'met');
  return {
    cells: [
      words[system.status],
      system.system,
      cell('rpo'),
      cell('rto'),
      cell('proof-age'),
      system.nextRunMs === undefined
        ? 'by hand'
        : `in ${durationText(Math.max(0, system.nextRunMs - nowMs))}`,
    ],
    paint: painter(system.status, style),
    details: [
      `    newest proven point: ${system.newestProven === undefined ? 'none' : momentText(system.newestProven.capturedAtMs)}`,
      ...(system.recoverableUntilMs === undefined
        ? []
        : [`    log: every second up to ${momentText(system.recoverableUntilMs)}`]),
      ...(system.concern === undefined ? [] : [`    ${system.concern}${actionText(system.concernAction)}`]),
      ...unmet.map(
        ({ objective, reason, nextAction }) =>
          `    ${objectiveName(objective.kind)}: ${reason}${actionText(nextAction)}`,
      ),
      ...lagLines(system, nowMs),
    ],
  };
}

function actionText(action: string | undefined): string {
  return action === undefined ? '' : ` → ${action}`;
}

/** Vaults that are behind and that no line above speaks of. */
function lagLines({ copies, assessments, concern }: AssessedSystem, nowMs: number): readonly string[] {
  const told = new Set(assessments.filter(({ status: state }) => state !== 'met').map(({ vault }) => vault));
  return copies
    .filter(({ vault, owedPoints, doubt }) => owedPoints > 0 && doubt === undefined && !told.has(vault))
    .map((lag) => lagText(lag, nowMs))
    .filter((words) => words !== concern)
    .map((words) => `    copies: ${words}`);
}

/** `3 min of 1 h`; the share as well where it is more than that. */
function measuredText(assessment: Assessment | undefined): string {
  if (assessment === undefined) return '–';
  const { measuredMs, ratio, objective } = assessment;
  const target = durationText(objective.targetMs);
  if (measuredMs === undefined || ratio === undefined) return `? of ${target}`;
  const share = ratio > 1 ? ` (${ratioText(ratio)})` : '';
  return `${durationText(measuredMs)} of ${target}${share}`;
}

function painter(state: Status, style: Style): (text: string) => string {
  if (state === 'met') return style.green;
  return state === 'breached' ? style.red : style.yellow;
}

const measuredNote = 'RPO and RTO are measured; lifeboat status --refresh reads again.';

function readText(histories: readonly VaultHistory[], nowMs: number): string {
  const ages = histories.map(
    ({ vault, readAtMs }) =>
      `${vault} ${readAtMs === undefined ? 'never' : `${durationText(Math.max(0, nowMs - readAtMs))} ago`}`,
  );
  return `Read from the vaults: ${ages.join(', ')}.`;
}

function systemRecord(system: AssessedSystem, nowMs: number) {
  return {
    type: 'system',
    system: system.system,
    status: system.status,
    concern: system.concern,
    concern_action: system.concernAction,
    recoverable_until:
      system.recoverableUntilMs === undefined ? undefined : new Date(system.recoverableUntilMs).toISOString(),
    ratio: system.ratio,
    objectives: system.assessments.map(
      ({ objective, vault, status: state, measuredMs, ratio, reason, nextAction }) => ({
        kind: objective.kind,
        vault,
        target_ms: objective.targetMs,
        status: state,
        measured_ms: measuredMs,
        ratio,
        reason,
        next_action: nextAction,
      }),
    ),
    copies: system.copies.map((lag) => ({
      vault: lag.vault,
      owed_points: lag.doubt === undefined ? lag.owedPoints : undefined,
      lag_ms: lag.doubt === undefined ? copyLagMs(lag, nowMs) : undefined,
      unknown: lag.doubt,
    })),
    newest_proven: system.newestProven && {
      id: system.newestProven.id,
      captured_at: new Date(system.newestProven.capturedAtMs).toISOString(),
    },
    next_run: system.nextRunMs === undefined ? undefined : new Date(system.nextRunMs).toISOString(),
    facts_age_ms: system.factsAtMs === undefined ? undefined : nowMs - system.factsAtMs,
  };
}
