/** `lifeboat log status`: what the vaults hold of the log of each system, and how its receiver stands. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command, CommandEnd } from '../command.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { logRecord, logText, receiverRecord, receiverText } from '../log/log-status-text.ts';
import {
  type LogFact,
  type LogState,
  receiverFacts,
  vaultFacts,
  worstFirst,
  worstOf,
} from '../log/log-verdict.ts';
import { type LoggedSystem, loggedSystems } from '../log/logged-systems.ts';
import { type LogLook, lookAtLog } from '../log/look-at-log.ts';
import {
  allIncarnations,
  presentIncarnation,
  receiverStatus,
  type VaultLogs,
  vaultLogs,
} from '../log/vault-logs.ts';
import { planHistory, type VaultHistory } from '../plan/plan-history.ts';
import { openPlan, type PlanSession } from '../plan/plan-session.ts';
import { openPlanVaults } from '../plan/plan-vaults.ts';

export const logStatus: Command<AppContext> = {
  description:
    'Shows for each system with a log what every vault holds of it: timelines, bytes, gaps, and between which moments any ' +
    'can be recovered; and how its receiver stands: whether it runs, what the server keeps for it, whether commits wait. ' +
    'It reads the vaults, names and a few headers only. A receiver that was not heard of for 30 seconds is unknown. ' +
    'Exit code 7 when something failed or is not known: a log that is behind, a gap that no backup lies behind, no backup that the log leads on from, a slot that is lost.',
  arguments: [{ name: 'SYSTEM', kind: 'any', description: 'only these systems' }],
  options: planOptions,
  examples: [
    { line: 'lifeboat log status', says: 'every system with a log' },
    { line: 'lifeboat log status orders-db --json', says: 'one, for a monitor' },
  ],
  whenNobodyReads: 'stop',
  run: async (context, input) => {
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    const systems = loggedSystems(session.plan, input.list('SYSTEM'));
    await using vaults = openPlanVaults(context, session);
    const histories = await planHistory(context, session, vaults, false);
    const ends: SystemEnd[] = [];
    for (const each of systems) {
      const logs = await vaultLogs(vaults, each, context.signal);
      ends.push(await tellSystem(context, session, { each, logs, histories }));
    }
    return endOf(ends);
  },
};

interface SystemEnd {
  readonly system: string;
  readonly facts: readonly LogFact[];
}

interface SystemGround {
  readonly each: LoggedSystem;
  readonly logs: readonly VaultLogs[];
  readonly histories: readonly VaultHistory[];
}

async function tellSystem(
  context: AppContext,
  session: PlanSession,
  { each, logs, histories }: SystemGround,
): Promise<SystemEnd> {
  const { output } = context;
  const { system, log } = each;
  const status = receiverStatus(session, system.name);
  const nowMs = context.nowMs();
  const demands = {
    ...{ system: system.name, nowMs, maxLagMs: log.logs.max_lag },
    waits: log.logs.acknowledged === 'before-commit',
  };
  const points = histories.flatMap((history) => pointsOf(history, system.name));
  const present = presentIncarnation(each, logs, points, status);
  const receiver = receiverFacts(status, demands);
  await output.text(output.style.bold(system.name));
  await output.result(receiverRecord(system.name, status, receiver), receiverText(receiver, output.style));
  const facts: LogFact[] = [...receiver];
  for (const held of logs) {
    const history = histories.find(({ vault }) => vault === held.name);
    const look = await lookIfThere(context, held, present, {
      system: system.name,
      points: history === undefined ? [] : pointsOf(history, system.name),
    });
    const own = look instanceof LifeboatError ? [notRead(look)] : vaultFacts(look, demands);
    facts.push(...own);
    const shown = look instanceof LifeboatError ? undefined : look;
    const tools = await context.adapters.logs.tools();
    const others = held.incarnations.filter((name) => name !== present);
    const about = { system: system.name, vault: held.name, look: shown, facts: own, others };
    await output.result(logRecord(about, tools), logText(about, tools, output.style));
  }
  if (present === undefined && allIncarnations(logs).length > 1)
    facts.push({ state: 'unknown', words: 'nothing tells which of several clusters is the present one' });
  return { system: system.name, facts };
}

function pointsOf({ points }: VaultHistory, system: string): readonly RecoveryPoint[] {
  return points.filter((point) => point.system === system);
}

function notRead({ message }: LifeboatError): LogFact {
  return { state: 'unknown', words: message };
}

async function lookIfThere(
  context: AppContext,
  { vault, trouble, incarnations }: VaultLogs,
  incarnation: string | undefined,
  about: { readonly system: string; readonly points: readonly RecoveryPoint[] },
): Promise<LogLook | LifeboatError | undefined> {
  if (vault === undefined) return trouble;
  if (incarnation === undefined || !incarnations.includes(incarnation)) return undefined;
  const { logs } = context.adapters;
  try {
    const [engine, tools] = [await logs.engine(), await logs.tools()];
    return await lookAtLog({ ...about, vault, incarnation, engine, tools, signal: context.signal });
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
    return error;
  }
}

const fine: ReadonlySet<LogState> = new Set(['ok', 'at-risk']);

function endOf(ends: readonly SystemEnd[]): CommandEnd {
  const bad = ends.filter(({ facts }) => !fine.has(worstOf(facts)));
  const summary = {
    systems: ends.map(({ system, facts }) => ({ system, state: worstOf(facts) })),
    failed: bad.map(({ system }) => system),
  };
  if (bad.length === 0) return { summary };
  const wrong = worstFirst(bad.flatMap(({ facts }) => facts.filter(({ state }) => !fine.has(state))));
  const action = wrong.find(({ nextAction }) => nextAction !== undefined)?.nextAction;
  const what = `${bad.length} of ${ends.length} logs are behind, broken or unknown`;
  const hint = action === undefined ? 'Mend what is named above.' : `Run \`${action}\`.`;
  return { summary, error: new LifeboatError('OBJECTIVE_NOT_MET', what, { hint }) };
}
