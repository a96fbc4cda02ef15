/** The log of a system from all vaults that can be read, as one. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { type JoinedLog, joinLogs } from '../../log-archive/join-logs.ts';
import type { AppContext } from '../cli-context.ts';
import { planHistory } from '../plan/plan-history.ts';
import type { PlanSession } from '../plan/plan-session.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import type { LoggedSystem } from './logged-systems.ts';
import {
  allIncarnations,
  presentIncarnation,
  receiverStatus,
  type VaultLogs,
  vaultLogs,
} from './vault-logs.ts';

export interface JoinRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly each: LoggedSystem;
  /** Only this vault. */
  readonly vault?: string | undefined;
  /** Of which cluster; the present one when it is not said. */
  readonly cluster?: string | undefined;
}

/** Warns of vaults that cannot be read, or not in parts. Raises LOG_GAP, USAGE, and what the only vault raises. */
export async function joinedLog(
  context: AppContext,
  { session, vaults, each, vault, cluster }: JoinRequest,
): Promise<JoinedLog> {
  const { output, signal } = context;
  const system = each.system.name;
  const wanted = withOnly(each, vault);
  const logs = await vaultLogs(vaults, wanted, signal);
  for (const { name, trouble } of logs)
    if (trouble !== undefined) output.warn(`vault ${name}: ${trouble.message}`);
  const incarnation = cluster ?? (await present(context, { session, vaults, each }, logs));
  const held = logs.flatMap(({ name, vault: opened, incarnations }) =>
    opened !== undefined && incarnations.includes(incarnation)
      ? [{ name, log: opened.log({ system, incarnation }) }]
      : [],
  );
  const [trouble] = logs.flatMap((log) => log.trouble ?? []);
  if (held.length === 0) throw trouble ?? noLog(system);
  const told = new Set<string>();
  return await joinLogs(
    { system, incarnation },
    held,
    (name, { message }) => {
      if (told.size < toldMax && !told.has(`${name} ${message}`)) output.warn(`vault ${name}: ${message}`);
      told.add(`${name} ${message}`);
    },
    signal,
  );
}

/** Warnings about one log; more of the kind tell nothing new. */
const toldMax = 20;

function withOnly(each: LoggedSystem, vault: string | undefined): LoggedSystem {
  if (vault === undefined) return each;
  if (each.log.vaults.includes(vault)) return { ...each, log: { ...each.log, vaults: [vault] } };
  throw new LifeboatError('USAGE', `the log of ${each.system.name} does not go to a vault "${vault}"`, {
    hint: `It goes to: ${each.log.vaults.join(', ')}.`,
  });
}

async function present(
  context: AppContext,
  { session, vaults, each }: JoinRequest,
  logs: readonly VaultLogs[],
): Promise<string> {
  const system = each.system.name;
  if (each.log.source.cluster !== undefined) return each.log.source.cluster;
  const all = allIncarnations(logs);
  if (all[0] !== undefined && all.length === 1) return all[0];
  if (all.length === 0) {
    const [trouble] = logs.flatMap((log) => log.trouble ?? []);
    throw trouble ?? noLog(system);
  }
  const histories = await planHistory(context, session, vaults, false);
  const points = histories.flatMap((history) => history.points.filter((point) => point.system === system));
  const found = presentIncarnation(each, logs, points, receiverStatus(session, system));
  if (found !== undefined) return found;
  throw new LifeboatError('USAGE', `the vaults hold logs of several clusters of ${system}`, {
    hint: `Name one with --cluster: ${all.join(', ')}.`,
  });
}

function noLog(system: string): LifeboatError {
  return new LifeboatError('LOG_GAP', `the vaults hold nothing of the log of ${system}`, {
    hint: 'Run `lifeboat up`, which carries the log into the vaults.',
  });
}
