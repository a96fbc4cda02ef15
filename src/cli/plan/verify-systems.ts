/** Proves recovery points of systems, one after the other. */
import { join } from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RecordTrigger } from '../../evidence/record.ts';
import { joinLogs } from '../../log-archive/join-logs.ts';
import type { LogReader } from '../../log-archive/log-archive.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { shippedLog } from '../../plan/shipped-log.ts';
import { stateDirectory } from '../../platform/environment.ts';
import { choosePoint } from '../../recovery-point/choose-point.ts';
import { isProven, type RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import { type VerifyOutcome, verifyPoint } from '../../verify/verify-point.ts';
import type { AppContext } from '../cli-context.ts';
import { logsOf } from '../recovery/logs-of-vaults.ts';
import { newRun, type PlanRun } from './new-run.ts';
import type { VaultHistory } from './plan-history.ts';
import { identityOf, type PlanSession } from './plan-session.ts';
import type { PlanVaults } from './plan-vaults.ts';
import { canaryPath, databasePath, systemPaths } from './system-paths.ts';

export interface VerifySystemsRequest {
  readonly session: PlanSession;
  readonly vaults: PlanVaults;
  readonly histories: readonly VaultHistory[];
  readonly systems: readonly ResolvedSystem[];
  readonly trigger: RecordTrigger;
  /** Only points of this vault; else the newest of any, the primary's first. */
  readonly vault?: string;
  /** The newest point captured at or before this moment. */
  readonly atMs?: number;
  /** A point by the beginning of its id. */
  readonly pointId?: string;
  readonly sandboxParent?: string;
  readonly keepSandbox: boolean;
}

export interface SystemProof {
  readonly system: string;
  readonly vault?: string;
  readonly point?: RecoveryPoint;
  readonly outcome?: VerifyOutcome;
  /** Why there is no proof of either kind. */
  readonly error?: LifeboatError;
}

export async function verifySystems(
  context: AppContext,
  request: VerifySystemsRequest,
  report: (proof: SystemProof) => Promise<void>,
): Promise<readonly SystemProof[]> {
  const run = newRun(context, request.session, request.trigger);
  const proofs: SystemProof[] = [];
  for (const system of request.systems) {
    const proof = await verifyOne(context, request, run, system);
    proofs.push(proof);
    await report(proof);
  }
  return proofs;
}

async function verifyOne(
  context: AppContext,
  request: VerifySystemsRequest,
  run: PlanRun,
  system: ResolvedSystem,
): Promise<SystemProof> {
  const found = findPoint(request, system.name);
  if (found === undefined) return { system: system.name, error: noPoint(system.name) };
  const { vault: vaultName, point } = found;
  try {
    const outcome = await prove(context, request, run, system, vaultName, point);
    return { system: system.name, vault: vaultName, point, outcome };
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
    return { system: system.name, vault: vaultName, point, error };
  }
}

async function prove(
  context: AppContext,
  request: VerifySystemsRequest,
  run: PlanRun,
  system: ResolvedSystem,
  vaultName: string,
  point: RecoveryPoint,
): Promise<VerifyOutcome> {
  const { folder } = request.session;
  const database = databasePath(system, folder);
  const canary = canaryPath(system, folder);
  const log = await logBehind(context, request, system, point);
  using progress = context.output.progress(`verify ${system.name}`);
  return await verifyPoint({
    run,
    system: identityOf(system),
    planned: system,
    vault: await request.vaults.open(vaultName),
    snapshotId: point.snapshotId,
    tools: context.adapters.checkTools,
    sandboxParent:
      request.sandboxParent ?? join(stateDirectory(), request.session.plan.metadata.id, 'sandbox'),
    keepSandbox: request.keepSandbox,
    plannedPaths: systemPaths(system, folder),
    progress: (state) => progress.report(state),
    signal: context.signal,
    ...(database === undefined ? {} : { databasePath: database }),
    ...(canary === undefined ? {} : { canaryPath: canary }),
    ...(log === undefined ? {} : { log }),
  });
}

/** From all vaults that have some of it; `undefined` where none has and none should. */
async function logBehind(
  context: AppContext,
  { vaults, histories }: VerifySystemsRequest,
  planned: ResolvedSystem,
  { system, position }: RecoveryPoint,
): Promise<LogReader | undefined> {
  if (position.kind !== 'postgres') return undefined;
  const name = { system, incarnation: position.systemId };
  const { logs } = await logsOf(context, { vaults, histories }, {}, name);
  if (logs.length === 0 && shippedLog(planned) === undefined) return undefined;
  const tell = (vault: string, error: LifeboatError) =>
    context.output.warn(`the log of ${system} in vault ${vault}: ${error.message}`);
  return await joinLogs(name, logs, tell, context.signal);
}

export interface FoundPoint {
  readonly vault: string;
  readonly point: RecoveryPoint;
  /** Other vaults that have a point of the system, should this one turn out to be damaged. */
  readonly elsewhere: readonly string[];
  /** The same capture in those of them that can be read, where nothing speaks against it. */
  readonly copies: readonly { readonly vault: string; readonly point: RecoveryPoint }[];
}

/**
 * The newest complete point first; of points captured at the same moment the better proven. A vault whose records are
 * not believed is asked when no other has a point.
 */
export function findPoint(
  request: Pick<VerifySystemsRequest, 'histories' | 'vault' | 'atMs' | 'pointId'>,
  system: string,
): FoundPoint | undefined {
  const { vault: only, pointId = '', atMs } = request;
  const choose = (pointsOf: (history: VaultHistory) => readonly RecoveryPoint[]): FoundPoint | undefined => {
    const matching = request.histories.flatMap((history) =>
      pointsOf(history)
        .filter((point) => point.system === system && point.id.startsWith(pointId))
        .map((point) => ({ vault: history.vault, point })),
    );
    const asked = matching.filter(({ vault }) => only === undefined || vault === only);
    const point = choosePoint(
      asked.map((candidate) => candidate.point),
      atMs,
    );
    const found = asked.find((candidate) => candidate.point === point);
    if (found === undefined) return undefined;
    const others = matching.map(({ vault }) => vault).filter((vault) => vault !== found.vault);
    return { ...found, elsewhere: [...new Set(others)], copies: copiesOf(request.histories, found) };
  };
  return (
    choose(({ points, trouble }) => (trouble === undefined ? points : [])) ??
    choose(({ points, doubtful = [] }) => [...points, ...doubtful])
  );
}

/** The better proven first; else in the order of the plan. */
function copiesOf(
  histories: readonly VaultHistory[],
  { vault, point }: Pick<FoundPoint, 'vault' | 'point'>,
): FoundPoint['copies'] {
  const copies = histories.flatMap((history) => {
    if (history.vault === vault || history.trouble !== undefined) return [];
    const same = history.points.filter(
      ({ system, capturedAtMs, failure }) =>
        system === point.system && capturedAtMs === point.capturedAtMs && failure === undefined,
    );
    const best = choosePoint(same);
    return best === undefined ? [] : [{ vault: history.vault, point: best }];
  });
  const isChecked = (copy: FoundPoint['copies'][number]): number => (isProven(copy.point, 'checked') ? 1 : 0);
  return copies.toSorted((a, b) => isChecked(b) - isChecked(a));
}

export function noPoint(system: string): LifeboatError {
  return new LifeboatError('SNAPSHOT_NOT_FOUND', `${system} has no recovery point that matches`, {
    hint: 'Run `lifeboat points` to see what there is, or `lifeboat backup` to make one.',
  });
}
