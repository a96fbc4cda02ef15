/** A restored capture made a running server that checks can ask: isolated, consistent, and stopped afterwards. */
import path from 'node:path';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { LogReader } from '../../../log-archive/log-archive.ts';
import { monotonicMs } from '../../../platform/clock.ts';
import type { Position } from '../../position.ts';
import { type PlannedRecovery, planCapture } from '../recovery/choose-recovery.ts';
import { advanceCopy, type ReplayedLog } from './advance-copy.ts';
import { findServer } from './find-server.ts';
import { letIn, type OpenedCluster, unasked, unopened } from './opened-cluster.ts';
import type { ClusterProbe, ClusterVerdict } from './probe-cluster.ts';
import { makeSocketFolder, tablespacesIn } from './restored-place.ts';
import { type RunningCopy, runCopy } from './run-copy.ts';
import { giveTo, serverUser } from './server-user.ts';

export interface RestoredOptions {
  /** The restored `/postgresql`. */
  readonly folder: string;
  /** For the server's settings, on the file system of the data. */
  readonly workFolder: string;
  /** Where the capture ended. */
  readonly position: Position;
  /** When it was current: milliseconds since the epoch. */
  readonly capturedAtMs: number;
  /** Where the log stood when figures were measured. */
  readonly measuredAt?: string;
  /** Whose tables checks ask. */
  readonly database: string;
  readonly superuser?: string;
  /** What was written after the capture. Absent where no vault has it. */
  readonly log?: LogReader;
  readonly signal?: AbortSignal | undefined;
}

/** What is wrong with the data shows in the verdicts; so does what keeps a server from being started here. */
export async function openRestoredCluster(options: RestoredOptions): Promise<OpenedCluster> {
  const beganMs = monotonicMs();
  const owned = new AsyncDisposableStack();
  try {
    const copy = owned.use(await start(options, owned));
    return await openedBy(options, copy, owned, beganMs);
  } catch (error) {
    await owned.disposeAsync();
    return unopened(verdictOf(error, options.signal), Math.round(monotonicMs() - beganMs));
  }
}

async function openedBy(
  options: RestoredOptions,
  copy: RunningCopy,
  owned: AsyncDisposableStack,
  beganMs: number,
): Promise<OpenedCluster> {
  const opened = await withExtensions(copy);
  let openMs = Math.round(monotonicMs() - beganMs);
  let replayed: ReplayedLog | undefined;
  return {
    opened,
    get openMs() {
      return openMs;
    },
    get replayed() {
      return replayed;
    },
    integrity: () => ask(copy, (probe) => probe.integrity()),
    foreignKeys: () => ask(copy, (probe) => probe.foreignKeys()),
    value: (sql) => ask(copy, (probe) => probe.value(sql)),
    rowCount: (table) => ask(copy, (probe) => probe.rowCount(table)),
    checkTables: (tables) => ask(copy, (probe) => probe.checkTables(tables)),
    advance: async (to) => {
      // where going on has failed before, no server runs any more
      if (copy.probe() === undefined) return await unasked();
      const startMs = monotonicMs();
      try {
        const went = await advanceCopy(options, copy, to);
        if (went.replayed !== undefined) {
          replayed = went.replayed;
          openMs += Math.round(monotonicMs() - startMs);
        }
        return went.verdict;
      } catch (error) {
        return verdictOf(error, options.signal);
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function ask(
  copy: RunningCopy,
  question: (probe: ClusterProbe) => Promise<ClusterVerdict>,
): Promise<ClusterVerdict> {
  const probe = copy.probe();
  return probe === undefined ? await unasked() : await question(probe);
}

async function start(options: RestoredOptions, owned: AsyncDisposableStack): Promise<RunningCopy> {
  const { folder, workFolder, position, signal } = options;
  if (position.kind !== 'postgres')
    throw new LifeboatError('SOURCE_INVALID', 'the point does not say where in its log it stands');
  const programs = await findServer({
    major: Number.parseInt(position.serverVersion, 10),
    folders: [],
    signal,
  });
  const user = serverUser();
  await giveTo(user, folder);
  for (const each of [folder, workFolder]) await letIn(user, each);
  const { database, superuser } = options;
  const planned: PlannedRecovery = planCapture(position);
  return await runCopy(
    {
      ...{
        data: path.join(folder, 'data'),
        work: path.join(workFolder, 'pg'),
        programs,
        user,
        database,
        signal,
      },
      socket: await makeSocketFolder(user, owned),
      tablespaces: await tablespacesIn(folder),
      ...(superuser === undefined ? {} : { superuser }),
    },
    planned,
  );
}

async function withExtensions(copy: RunningCopy): Promise<ClusterVerdict> {
  const extensions = await ask(copy, (probe) => probe.extensions());
  return extensions.kind === 'passed' ? { kind: 'passed', value: copy.cluster().proof } : extensions;
}

const badDataCodes: ReadonlySet<string> = new Set([
  'RECOVERY_FAILED',
  'SOURCE_DAMAGED',
  'SOURCE_INVALID',
  'TARGET_UNREACHABLE',
]);

/** What a server says when it is not the data that keeps it from starting. */
const wordsOfMachine =
  /Permission denied|No space left on device|Cannot allocate memory|Address already in use|shared memory segment|could not load library|out of memory|terminated by signal 9/;

/** A server that is not here, or a folder that cannot be used, says nothing of the data. Passes on what is none of ours. */
function verdictOf(error: unknown, signal: AbortSignal | undefined): ClusterVerdict {
  if (signal?.aborted || !(error instanceof LifeboatError) || error.code === 'ASSERTION') throw error;
  const lines = error.details['lastLines'];
  const last = Array.isArray(lines) ? lines.slice(-3).map(String) : [];
  const isOfMachine = [error.message, ...last].some((line) => wordsOfMachine.test(line));
  if (isOfMachine || !badDataCodes.has(error.code))
    return { kind: 'inconclusive', reason: `${error.message}. ${error.hint ?? ''}`.trimEnd() };
  return { kind: 'failed', reasons: [error.message, ...last] };
}
