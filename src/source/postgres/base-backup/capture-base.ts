/** One base backup of a PostgreSQL cluster, as capture events. */
import { assert } from '../../../error/assert.ts';
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { Position } from '../../position.ts';
import type { Capture, CaptureEvent, CaptureProblem, CaptureResult } from '../../source.ts';
import { withoutIncrementalLines } from '../files/backup-label.ts';
import { identifySystem, type SystemIdentity, walSegmentBytes } from '../replication/commands.ts';
import { formatLsn } from '../wal/lsn.ts';
import { describeAddress } from '../wire/address.ts';
import { connectPostgres, type PostgresConnection } from '../wire/connection.ts';
import type { ServerMessage } from '../wire/server-error.ts';
import { type ArchiveContext, archiveEvents } from './archive-events.ts';
import type { BackupFile } from './backup-file.ts';
import { type BackupPart, type BackupStream, beginBackup, type FinishedBackup } from './backup-stream.ts';
import type { PostgresSourceOptions } from './base-settings.ts';
import { type CapturedTime, noteTimes } from './captured-time.ts';
import { type ConfigFile, readConfigFiles } from './config-files.ts';
import { type HeldFiles, holdFiles } from './held-folder.ts';
import {
  manifestOfWhole,
  type PatchedFile,
  type UsableBase,
  uploadManifest,
  usableBase,
} from './incremental.ts';
import { checkManifest, type StreamedFile } from './manifest-check.ts';
import { measureValues, type Values } from './measured-values.ts';
import { fileMetadata, folderMetadata, madeEntry } from './server-metadata.ts';

interface Running {
  readonly options: PostgresSourceOptions;
  readonly connection: PostgresConnection;
  readonly identity: SystemIdentity;
  readonly segmentBytes: number;
  readonly backup: BackupStream;
  /** Present when only what changed since is read. */
  readonly base: UsableBase | undefined;
  readonly times: CapturedTime;
  readonly held: HeldFiles;
  readonly warnings: readonly ServerMessage[];
  readonly signal: AbortSignal;
  readonly streamed: Map<string, StreamedFile>;
  readonly patched: Map<string, PatchedFile>;
  readonly edited: Map<string, Uint8Array>;
  outcome: Outcome | undefined;
}

interface Outcome extends FinishedBackup {
  readonly values: Values;
}

const manifestBytesMax = 512 * 1024 * 1024;

export async function captureBase(options: PostgresSourceOptions, signal?: AbortSignal): Promise<Capture> {
  const stopping = new AbortController();
  const all = signal === undefined ? stopping.signal : AbortSignal.any([stopping.signal, signal]);
  await using opened = new AsyncDisposableStack();
  const running = await begin(options, all, opened);
  const owned = opened.move();
  return {
    events: eventsOf(running),
    async result() {
      assert(running.outcome !== undefined, 'the backup was read to its end before its result was asked for');
      return resultOf(running, running.outcome);
    },
    async [Symbol.asyncDispose]() {
      stopping.abort(new LifeboatError('INTERRUPTED', 'the capture was disposed'));
      await owned[Symbol.asyncDispose]();
    },
  };
}

async function begin(
  options: PostgresSourceOptions,
  signal: AbortSignal,
  opened: AsyncDisposableStack,
): Promise<Running> {
  const { address } = options;
  const warnings: ServerMessage[] = [];
  const noteWarning = (notice: ServerMessage) => {
    if (notice.severity === 'WARNING' && warnings.length < problemsMax) warnings.push(notice);
  };
  const applicationName = 'lifeboat';
  const connection = opened.use(
    await connectPostgres(address, {
      applicationName,
      replication: 'physical',
      signal,
      onNotice: noteWarning,
    }),
  );
  const identity = await identifySystem(connection, signal);
  if (options.expectedSystemId !== undefined && options.expectedSystemId !== identity.systemId) {
    throw otherCluster(options, identity);
  }
  const segmentBytes = await walSegmentBytes(connection, signal);
  // Before the backup begins, so that what was committed before is inside.
  const times = opened.use(
    await noteTimes(await connectPostgres(address, { applicationName, signal }), options.nowMs),
  );
  const held = opened.use(holdFiles(options.workFolder));
  const { backup, base } = await beginWithBase(options, connection, identity, signal);
  if (backup.bytes !== undefined) options.onSize?.(backup.bytes);
  return {
    ...{ options, connection, identity, segmentBytes, backup, base, times, held, warnings, signal },
    ...{ streamed: new Map(), patched: new Map(), edited: new Map(), outcome: undefined },
  };
}

/** What the server refuses of an increment it gives as a whole. */
async function beginWithBase(
  options: PostgresSourceOptions,
  connection: PostgresConnection,
  identity: SystemIdentity,
  signal: AbortSignal,
): Promise<{ readonly backup: BackupStream; readonly base: UsableBase | undefined }> {
  const { label, checkpoint, maxRate } = options;
  const command = {
    ...{ label, checkpoint, wantsSize: options.onSize !== undefined },
    ...(maxRate === undefined ? {} : { maxRate }),
  };
  if (options.base !== undefined) {
    const base = await usableBase(options.base, connection, identity, signal);
    try {
      if (typeof base === 'string') throw new LifeboatError('SOURCE_UNSUPPORTED', base);
      await uploadManifest(connection, base.bytes, signal);
      return { backup: await beginBackup(connection, { ...command, isIncremental: true }, signal), base };
    } catch (error) {
      if (!(error instanceof LifeboatError) || !connection.isOpen()) throw error;
      options.onNote?.(`everything is read, not only what changed: ${error.message}`);
    }
  }
  return {
    backup: await beginBackup(connection, { ...command, isIncremental: false }, signal),
    base: undefined,
  };
}

/** `/postgresql/` with `tablespaces/<oid>/`, `data/` and `config/`. */
async function* eventsOf(running: Running): AsyncGenerator<readonly CaptureEvent[], void> {
  const { backup, options, signal } = running;
  let manifest: Buffer | undefined;
  let folder: 'none' | 'tablespaces' | 'data' = 'none';
  signal.throwIfAborted();
  yield [enter(running, 'postgresql')];
  for await (const part of backup.parts) {
    if (part.kind === 'manifest') {
      manifest = await collect(part.data);
    } else if (part.oid !== undefined) {
      assert(folder !== 'data', 'the data directory comes after all tablespaces');
      if (folder === 'none') yield [enter(running, 'tablespaces')];
      folder = 'tablespaces';
      yield [enter(running, part.oid)];
      yield* archiveEvents(part.data, contextOf(running, part));
      yield [leave];
    } else {
      if (folder === 'tablespaces') yield [leave];
      folder = 'data';
      yield [enter(running, 'data')];
      yield* archiveEvents(part.data, contextOf(running, part));
    }
  }
  assert(manifest !== undefined && folder === 'data', 'the server sent a data directory and a manifest');
  const finished = await backup.finish();
  signal.throwIfAborted();
  yield [fileEvent(running, 'backup_manifest', checkedManifest(running, manifest)), leave];
  yield [...(await configEvents(running)), leave];
  const values = await measureValues(options.address, options, signal);
  running.outcome = { ...finished, values };
}

function contextOf(running: Running, { oid }: Extract<BackupPart, { kind: 'archive' }>): ArchiveContext {
  const { base, held, signal, streamed, patched, edited } = running;
  return {
    prefix: oid === undefined ? '' : `pg_tblspc/${oid}/`,
    isIncremental: base !== undefined,
    ...{ held, signal },
    streamed: (path, file) => streamed.set(path, file),
    patched: (path, target) => patched.set(path, target),
    ...(base === undefined ? {} : { edit: async (path, file) => await wholeLabel(path, file, edited) }),
  };
}

/** A server refuses to start from a label that says that something is missing; here nothing is. */
async function wholeLabel(
  path: string,
  file: BackupFile,
  edited: Map<string, Uint8Array>,
): Promise<BackupFile> {
  const { event } = file;
  if (path !== 'backup_label' || event.kind !== 'entry' || event.content.kind !== 'stream') return file;
  const parts: Uint8Array[] = [];
  for await (const part of event.content.open()) parts.push(part);
  const bytes = Buffer.from(withoutIncrementalLines(Buffer.concat(parts).toString('latin1')), 'latin1');
  edited.set(path, bytes);
  const metadata = { ...event.metadata, size: bytes.length };
  return { ...file, event: { ...event, metadata, content: streamOf(bytes) } };
}

function checkedManifest({ base, patched, edited, streamed }: Running, bytes: Buffer): Buffer {
  const manifest = checkManifest(bytes, streamed);
  return base === undefined ? bytes : manifestOfWhole({ manifest, base: base.manifest, patched, edited });
}

async function collect(data: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of data) {
    bytes += piece.length;
    assert(bytes <= manifestBytesMax, 'a manifest that fits into memory');
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

async function configEvents(running: Running): Promise<readonly CaptureEvent[]> {
  const { options, signal } = running;
  await using connection = await connectPostgres(options.address, { applicationName: 'lifeboat', signal });
  const files = await readConfigFiles(connection, signal);
  if (typeof files === 'string') {
    options.onNote?.(files);
    return [];
  }
  return files.length === 0 ? [] : [enter(running, 'config'), ...belowFolder(running, files), leave];
}

/** One level of folders, as `conf.d`. */
function belowFolder(running: Running, files: readonly ConfigFile[]): readonly CaptureEvent[] {
  const byFolder = Map.groupBy(files, ({ name }) =>
    name.includes('/') ? name.slice(0, name.indexOf('/')) : '',
  );
  return [...byFolder].flatMap(([folder, inside]) => {
    if (folder === '') return inside.map(({ name, bytes }) => fileEvent(running, name, bytes));
    const below = inside.map(({ name, bytes }) => ({ name: name.slice(folder.length + 1), bytes }));
    return [enter(running, folder), ...belowFolder(running, below), leave];
  });
}

const problemsMax = 1000;

/** Damaged pages are in the snapshot as they are: better than no backup at all, and never shown as fine. */
function problemsOf({ warnings }: Running, { failure }: Outcome): readonly CaptureProblem[] {
  if (failure === undefined) return [];
  const path = '/postgresql/data';
  return [...warnings.map(({ message }) => ({ path, reason: message })), { path, reason: failure.message }];
}

function resultOf(running: Running, outcome: Outcome): CaptureResult {
  const { identity, backup, segmentBytes, connection, times, base } = running;
  const position = (at: bigint): Position => ({
    kind: 'postgres',
    systemId: identity.systemId,
    timeline: outcome.end.timeline,
    base: formatLsn(backup.start.lsn),
    at: formatLsn(at),
    serverVersion: connection.version.text,
    segmentBytes,
    hasLog: true,
  });
  const server = `PostgreSQL ${connection.version.text}`;
  return {
    start: position(backup.start.lsn),
    end: position(outcome.end.lsn),
    capturedAtMs: times.at(outcome.end.lsn),
    values: { server, read: base === undefined ? 'everything' : 'what changed', ...outcome.values },
    problems: problemsOf(running, outcome),
    writerPauseMs: 0,
  };
}

const leave: CaptureEvent = { kind: 'leave' };

function enter({ options }: Running, name: string): CaptureEvent {
  return {
    kind: 'enter',
    name: Buffer.from(name),
    metadata: folderMetadata(madeEntry('dir', options.nowMs())),
  };
}

function fileEvent({ options }: Running, name: string, bytes: Buffer): CaptureEvent {
  const metadata = fileMetadata(madeEntry('file', options.nowMs()), bytes.length);
  return { kind: 'entry', name: Buffer.from(name), metadata, content: streamOf(bytes) };
}

function streamOf(bytes: Uint8Array) {
  async function* open(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  return { kind: 'stream', open } as const;
}

function otherCluster(
  { address, expectedSystemId }: PostgresSourceOptions,
  { systemId }: SystemIdentity,
): LifeboatError {
  return new LifeboatError(
    'SOURCE_INVALID',
    `the cluster at ${describeAddress(address)} is another one than before (system identifier ${systemId}, not ${expectedSystemId})`,
    {
      hint: `Check where host and port lead to. If the system has moved to it, say so in its source: cluster: "${systemId}".`,
    },
  );
}
