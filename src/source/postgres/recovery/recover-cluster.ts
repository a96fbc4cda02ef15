/**
 * Recovers a restored copy to a target: lays it out, starts a server on it that is alone in the world, feeds it with the
 * log, waits until it stopped, and proves from its own words that it stopped where it was asked to.
 */
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { LogReader } from '../../../log-archive/log-archive.ts';
import { monotonicMs } from '../../../platform/clock.ts';
import { sleep } from '../../../platform/timers.ts';
import type { BackupLabel } from '../files/backup-label.ts';
import type { ServerPrograms } from '../server/find-server.ts';
import { type SandboxServer, startSandbox } from '../server/sandbox-server.ts';
import { sandboxSettings, settingLines } from '../server/sandbox-settings.ts';
import { parseServerTime, type ServerWords } from '../server/server-words.ts';
import { formatLsn, parseLsn } from '../wal/lsn.ts';
import { historyName } from '../wal/segment-name.ts';
import { parseTimelineHistory, timelineAt } from '../wal/timeline-history.ts';
import type { WalParameters } from '../wal/wal-record.ts';
import {
  type ClusterPlace,
  type HeldCluster,
  holdCluster,
  layOutCluster,
  releaseControl,
} from './lay-out-cluster.ts';
import { findTail } from './log-tail.ts';
import { proveRecovery, type RecoveryDemand, type RecoveryFacts } from './prove-recovery.ts';
import type { ChosenRecovery } from './recovery-choice.ts';
import { recoveryInstruction, shellQuoted } from './recovery-settings.ts';
import type { RecoveryTarget } from './recovery-target.ts';
import { answerWal } from './wal-answers.ts';
import { openWalSpool, type WalSpool } from './wal-spool.ts';

export interface RecoveryOptions extends ClusterPlace {
  readonly programs: ServerPrograms;
  readonly choice: ChosenRecovery;
  readonly target: RecoveryTarget;
  /** Absent: the backup has all of the log that it needs in itself. */
  readonly log: LogReader | undefined;
  /** The `label` of an earlier recovery of this very copy, which stopped before the target and was ended: it goes on. */
  readonly begun?: BackupLabel;
  /** The engine's own texts, by timeline. */
  readonly histories: ReadonlyMap<number, Uint8Array>;
  /** A folder on the same file system as the data, for the spool and the configuration; made when missing. */
  readonly work: string;
  /** For the server's socket: an absolute path that is short. Default: the work folder. */
  readonly socket?: string;
  /** The role that may do all in the copy. Default `postgres`. */
  readonly superuser?: string;
  /** Whether the copy must survive a loss of power. Default true; a copy that is thrown away need not. */
  readonly isDurable?: boolean;
  /** Seconds after which the server takes a silent restore for dead. Default 60. */
  readonly silenceS?: number;
  readonly onProgress?: (progress: RecoveryProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface RecoveryProgress {
  readonly phase: 'lay-out' | 'replay' | 'open';
  readonly replayedTo?: bigint;
  /** Bytes of the log that were fetched. */
  readonly fetchedBytes: number;
}

export interface RecoveredCluster extends AsyncDisposable {
  readonly server: SandboxServer;
  /** The server's own words on where it stopped. */
  readonly proof: string;
  readonly replayedTo: bigint;
  readonly lastTransactionUs?: number;
  readonly label: BackupLabel;
  /** Milliseconds. */
  readonly phases: { readonly layOutMs: number; readonly replayMs: number };
  /**
   * Opens the copy for writing, on a new timeline of its own; it stays as isolated as it was. Raises RECOVERY_FAILED
   * when the new timeline does not begin where the recovery stopped.
   */
  promote(signal?: AbortSignal): Promise<{ readonly timeline: number; readonly openMs: number }>;
}

const portOfSocket = 5432;
/** The database `postgres` may have been dropped. */
const alwaysThere = 'template1';
/** Grows with each look, up to the second: most recoveries are short, and long ones need not be asked often. */
const lookMs = 20;
const lookMsMax = 200;
const restartsMax = 5;
const stallMsMax = 120_000;
const socketPathMax = 90;

/** Raises RECOVERY_FAILED when the server did not stop where it was asked to; nothing is left running then. */
export async function recoverCluster(options: RecoveryOptions): Promise<RecoveredCluster> {
  const began = monotonicMs();
  await using owned = new AsyncDisposableStack();
  const held = await holdCluster(options, options.begun);
  checkFit(options, held);
  const demand = await demandOf(options, held);
  const spool = owned.use(await openSpool(options, held));
  const run = await startRecovering(options, held, spool, owned);
  const laidOut = monotonicMs();
  const { server, facts } = await run.waitUntilStopped(demand);
  const proof = proveRecovery(demand, server.words(), facts);
  if (proof.kind === 'refuted') throw notThere(proof.reason, server);
  const rest = owned.move();
  return {
    server,
    proof: proof.words,
    label: held.label,
    ...facts,
    phases: { layOutMs: Math.round(laidOut - began), replayMs: Math.round(monotonicMs() - laidOut) },
    promote: (signal) => promote(options, server, facts, signal),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

function checkFit({ programs, choice }: RecoveryOptions, { major, control, label }: HeldCluster): void {
  const wrong =
    programs.major !== major
      ? `it is of PostgreSQL ${major}, and the server of ${programs.major}`
      : control.systemId !== choice.point.systemId
        ? `it is of cluster ${control.systemId}, and ${choice.point.systemId} was chosen`
        : label.start !== choice.point.base
          ? `its backup begins at ${formatLsn(label.start)}, and the chosen one at ${formatLsn(choice.point.base)}`
          : undefined;
  if (wrong === undefined) return;
  throw new LifeboatError('SOURCE_INVALID', `the restored data directory is not what was chosen: ${wrong}`, {
    hint: 'Restore the recovery point that was chosen, and use a server of its version.',
  });
}

async function demandOf(
  { choice, target, log, signal }: RecoveryOptions,
  held: HeldCluster,
): Promise<RecoveryDemand> {
  const tail =
    log === undefined || choice.finish === 'stop' || choice.path.reach <= choice.point.at
      ? undefined
      : await findTail(log, choice.path, held.control.segmentBytes, signal);
  const demand = { target, finish: choice.finish, consistentFrom: choice.point.at };
  return tail === undefined ? demand : { ...demand, tail };
}

async function openSpool(options: RecoveryOptions, held: HeldCluster): Promise<WalSpool> {
  const { choice, log, histories, work, user, silenceS, signal } = options;
  await fs.mkdir(work, { recursive: true, mode: 0o700 });
  if (user !== undefined) await fs.chown(work, user.uid, user.gid);
  const ground = {
    ...{ log, histories, path: choice.path },
    segmentBytes: held.control.segmentBytes,
    ownLog: path.join(held.data, 'pg_wal'),
  };
  return await openWalSpool({
    folder: path.join(work, 'spool'),
    ...{ user, signal },
    answer: (name, answerSignal) => answerWal(ground, name, answerSignal),
    ...(silenceS === undefined ? {} : { silenceS }),
  });
}

interface Run {
  waitUntilStopped(demand: RecoveryDemand): Promise<{ server: SandboxServer; facts: RecoveryFacts }>;
}

/** Starts the server, and again when the log says that the original allowed more connections and the like. */
async function startRecovering(
  options: RecoveryOptions,
  held: HeldCluster,
  spool: WalSpool,
  owned: AsyncDisposableStack,
): Promise<Run> {
  options.onProgress?.({ phase: 'lay-out', fetchedBytes: 0 });
  let parameters: WalParameters = held.control.parameters;
  let server = owned.use(await startOnce(options, held, spool, parameters));
  return {
    waitUntilStopped: async (demand) => {
      for (let restarts = 0; ; restarts++) {
        const outcome = await watch(options, server, spool, demand);
        if (outcome.kind === 'stopped') return { server, facts: outcome.facts };
        if (restarts >= restartsMax) throw notThere('the log asks for more and more connections', server);
        await server.stop();
        parameters = { ...parameters, ...outcome.parameters };
        server = owned.use(await startOnce(options, held, spool, parameters));
      }
    },
  };
}

async function startOnce(
  options: RecoveryOptions,
  held: HeldCluster,
  spool: WalSpool,
  parameters: WalParameters,
): Promise<SandboxServer> {
  const { work, programs, user, choice, target, signal } = options;
  const socket = options.socket ?? work;
  const at = (name: string): string => path.join(work, name);
  const place = {
    ...{ major: held.major, socket, port: portOfSocket, parameters },
    ...{ hbaFile: at('pg_hba.conf'), identFile: at('pg_ident.conf') },
    isDurable: options.isDurable ?? true,
  };
  if (Buffer.byteLength(socket) > socketPathMax) throw tooLong(socket);
  const command = `/bin/sh ${shellQuoted(spool.script)} "%f" "%p"`;
  const instruction = recoveryInstruction(choice, target, command);
  const settings = { ...sandboxSettings(place), ...instruction.settings };
  await fs.writeFile(at('pg_hba.conf'), 'local all all trust\n', { mode: 0o644 });
  await fs.writeFile(at('pg_ident.conf'), '', { mode: 0o644 });
  await fs.writeFile(at('postgresql.conf'), settingLines(settings), { mode: 0o644 });
  await layOutCluster(held, { settings, signalFile: instruction.signalFile });
  await releaseControl(held);
  return await startSandbox(
    {
      programs,
      data: held.data,
      configFile: at('postgresql.conf'),
      socket,
      port: portOfSocket,
      user,
      signal,
    },
    options.superuser,
  );
}

type Outcome =
  | { readonly kind: 'stopped'; readonly facts: RecoveryFacts }
  | { readonly kind: 'insufficient'; readonly parameters: Readonly<Record<string, number>> };

async function watch(
  options: RecoveryOptions,
  server: SandboxServer,
  spool: WalSpool,
  demand: RecoveryDemand,
): Promise<Outcome> {
  const stall = watchForStall();
  for (let look = 1; ; look++) {
    const words = server.words();
    if (Object.keys(words.insufficient).length > 0)
      return { kind: 'insufficient', parameters: words.insufficient };
    if (server.hasEnded()) await explainEnd(server, spool);
    const facts = words.isOpen ? await askFacts(server, options.signal) : undefined;
    const standing = { replayedTo: facts?.replayedTo, fetchedBytes: spool.progress().bytes };
    report(options, standing);
    if (facts !== undefined && isStopped(demand, words, facts)) return { kind: 'stopped', facts };
    // A server that was told where to stop ends by itself when it cannot; one that replays everything would wait for ever.
    if (demand.finish === 'end' && stall.hasStalled(standing))
      throw notThere(`it stands at ${formatLsn(standing.replayedTo ?? 0n)} and goes no further`, server);
    await sleep(Math.min(lookMs * look, lookMsMax), options.signal);
  }
}

interface Standing {
  readonly replayedTo: bigint | undefined;
  readonly fetchedBytes: number;
}

function report({ onProgress }: RecoveryOptions, { replayedTo, fetchedBytes }: Standing): void {
  onProgress?.({ phase: 'replay', fetchedBytes, ...(replayedTo === undefined ? {} : { replayedTo }) });
}

/** True when what is shown to it did not change for long. */
function watchForStall() {
  let seen = '';
  let sinceMs = monotonicMs();
  return {
    hasStalled: ({ replayedTo, fetchedBytes }: Standing): boolean => {
      const now = `${replayedTo} ${fetchedBytes}`;
      if (now !== seen) [seen, sinceMs] = [now, monotonicMs()];
      return monotonicMs() - sinceMs > stallMsMax;
    },
  };
}

/** Without a place to stop at, the last record of the log is the end. */
function isStopped(demand: RecoveryDemand, words: ServerWords, facts: RecoveryFacts): boolean {
  if (demand.finish === 'stop') return words.isPaused || words.isComplete;
  return facts.replayedTo >= (demand.tail?.end ?? demand.consistentFrom);
}

async function explainEnd(server: SandboxServer, spool: WalSpool): Promise<never> {
  const failure = spool.failure();
  if (failure !== undefined) throw failure;
  await server.waitFor('it had recovered', () => false);
  throw notThere('it ended', server);
}

/** `undefined` when it does not answer just now: it may be ending, or opening. */
async function askFacts(
  server: SandboxServer,
  signal: AbortSignal | undefined,
): Promise<RecoveryFacts | undefined> {
  try {
    await using connection = await server.connect(alwaysThere, signal);
    const { rows } = await connection.query(
      "set timezone to 'UTC'; select coalesce(pg_last_wal_replay_lsn(), pg_current_wal_lsn()), pg_last_xact_replay_timestamp()",
      signal,
    );
    const [lsn, time] = rows[0] ?? [];
    const replayedTo = parseLsn(lsn ?? '');
    if (replayedTo === undefined) return undefined;
    const lastTransactionUs = time == null ? undefined : parseServerTime(time);
    return lastTransactionUs === undefined ? { replayedTo } : { replayedTo, lastTransactionUs };
  } catch (error) {
    if (error instanceof LifeboatError && error.retryable && !signal?.aborted) return undefined;
    throw error;
  }
}

async function promote(
  options: RecoveryOptions,
  server: SandboxServer,
  facts: RecoveryFacts,
  signal: AbortSignal | undefined,
): Promise<{ readonly timeline: number; readonly openMs: number }> {
  const began = monotonicMs();
  options.onProgress?.({ phase: 'open', fetchedBytes: 0, replayedTo: facts.replayedTo });
  if (!server.words().isComplete) {
    await using connection = await server.connect(alwaysThere, signal);
    await connection.query('select pg_promote(false)', signal);
  }
  const words = await server.waitFor(
    'it had opened',
    ({ isComplete, newTimeline }) => isComplete && newTimeline !== undefined,
    signal,
  );
  const timeline = words.newTimeline ?? 0;
  // 13 says that it is done before it has written that
  const history = path.join(options.data, 'pg_wal', historyName(timeline));
  await server.waitFor('it had written the history of its timeline', () => existsSync(history), signal);
  await checkBranch(options, server, facts, timeline);
  return { timeline, openMs: Math.round(monotonicMs() - began) };
}

/** The server writes down where its new timeline began: that is its last word on where it stopped. */
async function checkBranch(
  { data, choice }: RecoveryOptions,
  server: SandboxServer,
  facts: RecoveryFacts,
  timeline: number,
): Promise<void> {
  const text = await fs.readFile(path.join(data, 'pg_wal', historyName(timeline)), 'utf8');
  const parent = parseTimelineHistory(timeline, text).ancestors.at(-1);
  const expected = timelineAt(choice.path.spans, facts.replayedTo - 1n) ?? choice.point.timeline;
  if (parent === undefined || parent.end < facts.replayedTo || parent.timeline < expected)
    throw notThere(
      `its timeline ${timeline} began at ${formatLsn(parent?.end ?? 0n)} of timeline ${parent?.timeline ?? 0}, ` +
        `not at ${formatLsn(facts.replayedTo)} of timeline ${expected}`,
      server,
    );
}

function notThere(reason: string, server: SandboxServer): LifeboatError {
  return new LifeboatError('RECOVERY_FAILED', `the server did not recover to what was asked for: ${reason}`, {
    hint: 'The copy is not what was asked for: throw it away, and look at what the server said last in the details.',
    details: { lastLines: server.lastLines().slice(-20) },
  });
}

function tooLong(work: string): LifeboatError {
  return new LifeboatError(
    'CONFIG_INVALID',
    `the folder for the server's socket has too long a name: ${work}`,
    {
      hint: `Restore to a folder whose path has fewer than ${socketPathMax} bytes: unix sockets allow no more.`,
    },
  );
}
