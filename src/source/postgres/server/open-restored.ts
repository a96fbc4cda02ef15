/** A restored capture made a running server that checks can ask: isolated, consistent, and stopped afterwards. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { monotonicMs } from '../../../platform/clock.ts';
import { stateDirectory } from '../../../platform/environment.ts';
import type { Position } from '../../position.ts';
import { recoverCluster } from '../recovery/recover-cluster.ts';
import { requireRecovery } from '../recovery/resolve-recovery.ts';
import { parseLsn } from '../wal/lsn.ts';
import { findServer } from './find-server.ts';
import { type ClusterProbe, type ClusterVerdict, probeCluster } from './probe-cluster.ts';
import { closedFolders, closedTo, makeSocketFolder, tablespacesIn } from './restored-place.ts';
import { giveTo, type ServerUser, serverUser } from './server-user.ts';

export interface RestoredOptions {
  /** The restored `/postgresql`. */
  readonly folder: string;
  /** For the server's settings, on the file system of the data. */
  readonly workFolder: string;
  /** Where the capture ended. */
  readonly position: Position;
  /** Whose tables checks ask. */
  readonly database: string;
  readonly superuser?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface OpenedCluster extends Omit<ClusterProbe, 'rowCount' | 'extensions'> {
  /** Whether a server started from it and became consistent, in its own words. */
  readonly opened: ClusterVerdict;
  /** How long that took, milliseconds. */
  readonly openMs: number;
}

/** What is wrong with the data shows in the verdicts; so does what keeps a server from being started here. */
export async function openRestoredCluster(options: RestoredOptions): Promise<OpenedCluster> {
  const beganMs = monotonicMs();
  await using owned = new AsyncDisposableStack();
  try {
    const { probe, words } = await start(options, owned);
    const rest = owned.move();
    return {
      ...probe,
      opened: await withExtensions(probe, words),
      openMs: Math.round(monotonicMs() - beganMs),
      [Symbol.asyncDispose]: () => rest.disposeAsync(),
    };
  } catch (error) {
    if (options.signal?.aborted || !(error instanceof LifeboatError) || error.code === 'ASSERTION')
      throw error;
    return unopened(verdictOf(error), Math.round(monotonicMs() - beganMs));
  }
}

async function start(
  options: RestoredOptions,
  owned: AsyncDisposableStack,
): Promise<{ readonly probe: ClusterProbe; readonly words: string }> {
  const { folder, workFolder, position, database, superuser, signal } = options;
  if (position.kind !== 'postgres')
    throw new LifeboatError('SOURCE_INVALID', 'the point does not say where in its log it stands');
  const data = path.join(folder, 'data');
  const programs = await findServer({
    major: Number.parseInt(position.serverVersion, 10),
    folders: [],
    signal,
  });
  const user = serverUser();
  await giveTo(user, folder);
  for (const each of [folder, workFolder]) await letIn(user, each);
  const socket = await makeSocketFolder(user, owned);
  const choice = requireRecovery(groundOf(position), {
    target: { kind: 'consistent' },
    timeline: position.timeline,
  });
  const cluster = owned.use(
    await recoverCluster({
      ...{ data, user, programs, choice, signal, socket, work: path.join(workFolder, 'pg') },
      ...{ target: { kind: 'consistent' }, log: undefined, histories: new Map(), isDurable: false },
      tablespaces: await tablespacesIn(folder),
      ...(superuser === undefined ? {} : { superuser }),
    }),
  );
  return {
    probe: owned.use(await probeCluster({ server: cluster.server, data, database, signal })),
    words: cluster.proof,
  };
}

function groundOf(position: Extract<Position, { kind: 'postgres' }>) {
  const { systemId, segmentBytes, timeline, hasLog } = position;
  const point = {
    ...{ id: 'restored', systemId, timeline, hasLog, capturedAtMs: 0 },
    base: parseLsn(position.base) ?? 0n,
    at: parseLsn(position.at) ?? 0n,
  };
  return { systemId, segmentBytes, points: [point], coverage: [], histories: new Map(), pieces: [] };
}

/** What is needed to enter the folders above it; nothing outside of our own is changed. */
async function letIn(user: ServerUser | undefined, folder: string): Promise<void> {
  const top = path.resolve(stateDirectory());
  for (const { folder: at, mode } of await closedFolders(user, folder)) {
    const isOurs = at === top || at.startsWith(`${top}${path.sep}`) || isSandbox(at);
    if (!isOurs) throw closedTo(at, 'choose a folder with --sandbox that other users may enter.');
    await fs.chmod(at, (mode & 0o777) | 0o011);
  }
}

/** Made by this very process, wherever the person wanted it. */
function isSandbox(folder: string): boolean {
  return /(^|\/)\.lifeboat-sandbox-[^/]+(\/|$)/.test(folder);
}

async function withExtensions(probe: ClusterProbe, words: string): Promise<ClusterVerdict> {
  const extensions = await probe.extensions();
  return extensions.kind === 'passed' ? { kind: 'passed', value: words } : extensions;
}

const badDataCodes: ReadonlySet<string> = new Set([
  'RECOVERY_FAILED',
  'SOURCE_DAMAGED',
  'SOURCE_INVALID',
  'TARGET_UNREACHABLE',
]);

/** What a server says when it is not the data that keeps it from starting. */
const wordsOfMachine =
  /Permission denied|No space left on device|Cannot allocate memory|Address already in use|shared memory segment|could not load library/;

/** A server that is not here, or a folder that cannot be used, says nothing of the data. */
function verdictOf(error: LifeboatError): ClusterVerdict {
  const lines = error.details['lastLines'];
  const last = Array.isArray(lines) ? lines.slice(-3).map(String) : [];
  const isOfMachine = [error.message, ...last].some((line) => wordsOfMachine.test(line));
  if (isOfMachine || !badDataCodes.has(error.code))
    return { kind: 'inconclusive', reason: `${error.message}. ${error.hint ?? ''}`.trimEnd() };
  return { kind: 'failed', reasons: [error.message, ...last] };
}

function unopened(verdict: ClusterVerdict, openMs: number): OpenedCluster {
  const unasked = async (): Promise<ClusterVerdict> => ({
    kind: 'inconclusive',
    reason: 'no server could be started from it',
  });
  return {
    ...{ opened: verdict, openMs, integrity: unasked, foreignKeys: unasked, value: unasked },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
