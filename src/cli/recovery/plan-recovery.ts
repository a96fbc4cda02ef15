/**
 * Plans the recovery of a database to a target: gathers its bases and its log from all vaults of the plan, and lets the
 * engine choose, or refuse.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { joinLogs } from '../../log-archive/join-logs.ts';
import type { ResolvedSystem } from '../../plan/resolved-plan.ts';
import { shippedLog } from '../../plan/shipped-log.ts';
import type { RecoveryPoint } from '../../recovery-point/recovery-point.ts';
import type { ChosenRecovery, RecoveryChoice, RecoveryRequest } from '../../restore/recovery-engine.ts';
import type { AppContext } from '../cli-context.ts';
import type { VaultHistory } from '../plan/plan-history.ts';
import type { PlanVaults } from '../plan/plan-vaults.ts';
import { type FoundPoint, findPoint } from '../plan/verify-systems.ts';
import { logsOf } from './logs-of-vaults.ts';

export interface RecoveryWish {
  /** As the engine reads it. */
  readonly target: string;
  readonly branch: RecoveryRequest['branch'];
  /** Base and log only from this vault. */
  readonly vault?: string;
  /** The base, by the beginning of its id. */
  readonly pointId?: string;
}

export interface RecoveryPlan {
  readonly chosen: ChosenRecovery;
  /** The base. */
  readonly found: FoundPoint;
  /** Vaults that the log is read from, in order. */
  readonly logVaults: readonly string[];
}

export interface RecoveryGround {
  readonly vaults: PlanVaults;
  readonly histories: readonly VaultHistory[];
  readonly system: ResolvedSystem;
}

/** Raises TARGET_UNREACHABLE with the reason, SNAPSHOT_NOT_FOUND, and what the vaults raise. */
export async function planRecovery(
  context: AppContext,
  ground: RecoveryGround,
  wish: RecoveryWish,
): Promise<RecoveryPlan> {
  const bases = basesOf(ground, wish);
  const lives = [...Map.groupBy(bases, ({ point }) => incarnationOf(point))];
  let refusal: Refused | undefined;
  for (const [incarnation, own] of lives) {
    const { choice, logVaults } = await chooseIn(context, ground, wish, { incarnation, own });
    if (choice.kind === 'chosen') return { chosen: choice, found: foundOf(ground, own, choice), logVaults };
    refusal ??= choice;
    // an LSN or a transaction of an earlier life of the cluster is another one
    if (choice.why !== 'before-first' || !isOfAnyLife(wish.target)) break;
  }
  throw unreachable(ground, wish, refusal);
}

interface Base {
  readonly vault: string;
  readonly point: RecoveryPoint;
}

type Refused = Extract<RecoveryChoice, { kind: 'refused' }>;

/** The newest first, so that its life of the cluster comes first; of one capture the earlier vault of the plan. */
function basesOf(
  { histories, system }: RecoveryGround,
  { vault, pointId = '' }: RecoveryWish,
): readonly Base[] {
  const asked = histories.filter((history) => vault === undefined || history.vault === vault);
  const of = (pointsOf: (history: VaultHistory) => readonly RecoveryPoint[]): readonly Base[] =>
    asked.flatMap((history) =>
      pointsOf(history)
        .filter((point) => point.system === system.name && point.id.startsWith(pointId))
        .filter(({ position }) => position.kind === 'postgres')
        .map((point) => ({ vault: history.vault, point })),
    );
  const sound = of(({ points, trouble }) =>
    trouble === undefined ? points.filter(({ failure }) => failure === undefined) : [],
  );
  const found = sound.length > 0 ? sound : of(({ points, doubtful = [] }) => [...points, ...doubtful]);
  if (found.length === 0) throw withoutBase(system.name);
  return found.toSorted((a, b) => b.point.capturedAtMs - a.point.capturedAtMs);
}

function incarnationOf({ position }: RecoveryPoint): string {
  return position.kind === 'postgres' ? position.systemId : '';
}

interface Life {
  readonly incarnation: string;
  readonly own: readonly Base[];
}

async function chooseIn(
  context: AppContext,
  ground: RecoveryGround,
  wish: RecoveryWish,
  { incarnation, own }: Life,
): Promise<{ readonly choice: RecoveryChoice; readonly logVaults: readonly string[] }> {
  const engine = await context.adapters.logs.recovery();
  const name = { system: ground.system.name, incarnation };
  const { logs, unread } = await logsOf(context, ground, wish, name);
  const tell = (vault: string, error: LifeboatError) =>
    context.output.warn(`the log in vault ${vault}: ${error.message}`);
  const log = await joinLogs(name, logs, tell, context.signal);
  const missed = logs.filter((each) => !log.names.includes(each.name)).map((each) => each.name);
  refuseUnknownEnd(ground, wish, [...unread, ...missed]);
  const choice = await engine.choose({
    ...{ log, target: wish.target, branch: wish.branch, signal: context.signal },
    points: own.map(({ point }) => point),
  });
  return { choice, logVaults: log.names };
}

/** The end of what the others hold is a nearer state than the one that was asked for. */
function refuseUnknownEnd(
  { system }: RecoveryGround,
  { target, vault }: RecoveryWish,
  unread: readonly string[],
): void {
  const sent = shippedLog(system)?.vaults ?? [];
  const missed = unread.filter((name) => sent.includes(name));
  if (target !== 'end' || vault !== undefined || missed.length === 0) return;
  throw new LifeboatError(
    'TARGET_UNREACHABLE',
    `${system.name}: where its log ends is not known, for ${missed.join(', ')} cannot be read and may hold more of it`,
    {
      hint: 'Bring that vault back; or name another one with --vault, and what that holds is the end. Nothing was restored.',
      details: { why: 'vault-away', target, vaults: missed },
    },
  );
}

function foundOf(
  { histories, system }: RecoveryGround,
  own: readonly Base[],
  { base }: ChosenRecovery,
): FoundPoint {
  const vault = own.find(({ point }) => point === base)?.vault;
  const found = findPoint(
    { histories, pointId: base.id, ...(vault === undefined ? {} : { vault }) },
    system.name,
  );
  if (found === undefined) throw withoutBase(system.name);
  return found;
}

function isOfAnyLife(target: string): boolean {
  return !/^(before-)?(lsn|xid):/.test(target);
}

function unreachable(
  { system }: RecoveryGround,
  { target }: RecoveryWish,
  refusal: Refused | undefined,
): LifeboatError {
  const { reason, hint, why } = refusal ?? { reason: 'there is no base', hint: '', why: 'no-base' };
  return new LifeboatError('TARGET_UNREACHABLE', `${system.name}: ${reason}`, {
    hint: `${hint} Nothing was restored.`.trimStart(),
    details: { why, target },
  });
}

function withoutBase(system: string): LifeboatError {
  return new LifeboatError(
    'SNAPSHOT_NOT_FOUND',
    `${system} has no physical copy that a recovery could begin at, or none that matches`,
    {
      hint: 'Run `lifeboat points` to see what there is. Dumps and copies of files are restored without --until.',
    },
  );
}
