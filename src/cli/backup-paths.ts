/** A backup of folders without a plan: one snapshot, no manifest, no record. */
import { resolve } from 'node:path';
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { RunRecord } from '../evidence/record.ts';
import { gid, hostname, uid, username } from '../platform/host.ts';
import type {
  Repository,
  RepositoryWriter,
  SavedSnapshot,
  SaveRequest,
  Snapshot,
} from '../repository/repository-types.ts';
import type { WorkProgress } from '../repository/work-progress.ts';
import type { Capture, CaptureProblem } from '../source/source.ts';
import type { Vault } from '../vault/vault.ts';
import { chooseVault } from './choose-vault.ts';
import type { AppContext } from './cli-context.ts';
import type { CommandEnd } from './command.ts';
import type { Input } from './input.ts';
import { warnOfRecoveryKeys } from './keys/recovery-key-warning.ts';
import { bytesText, countText, durationText, plural } from './quantity-text.ts';
import { shortId } from './snapshot-text.ts';

export async function backupPaths(context: AppContext, input: Input): Promise<CommandEnd> {
  const { output, signal, nowMs } = context;
  const request = wanted(context, input);
  await using vault = await context.openVault(await chooseVault(context, input));
  warnOfVaultInside(context, vault.location, request.paths);
  const source = await context.adapters.filesSource({
    paths: request.paths,
    exclude: input.values('--exclude'),
    excludeCaches: input.has('--exclude-caches'),
    oneFileSystem: input.has('--one-file-system'),
    nowMs,
  });
  // read while the lock is waited for, and while the backup runs
  using reading = untilDisposed(signal);
  const parent = later(parentOf(vault.repository, request, input.has('--full'), reading.signal));
  const records = later(recordsOf(vault, reading.signal));
  const startMs = nowMs();
  await using capture = await source.capture(signal);
  using progress = output.progress('backup');
  const saved = await save(vault.repository, capture, {
    ...request,
    parent,
    progress: (done, before) => progress.report({ ...done, ...expected(before) }),
    signal,
  });
  const problems = [...(await capture.result()).problems, ...saved.problems];
  progress[Symbol.dispose]();
  const end = await tell(context, saved, problems, nowMs() - startMs);
  await warnOfItsRecoveryKey(context, vault, records);
  return end;
}

function untilDisposed(signal: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const ended = new AbortController();
  return {
    signal: AbortSignal.any([signal, ended.signal]),
    [Symbol.dispose]: () => ended.abort(new LifeboatError('INTERRUPTED', 'the backup is over')),
  };
}

/** Until it is awaited a failure must not count as unhandled. */
function later<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** A plain repository keeps no records to tell by. */
async function recordsOf(vault: Vault, signal: AbortSignal): Promise<readonly RunRecord[]> {
  return vault.file === undefined ? [] : (await vault.records(signal)).records;
}

/** What cannot be read now is no failure of the backup. */
async function warnOfItsRecoveryKey(
  { output, signal, nowMs }: AppContext,
  vault: Vault,
  reading: Promise<readonly RunRecord[]>,
): Promise<void> {
  if (vault.file === undefined) return;
  try {
    const records = await reading;
    warnOfRecoveryKeys(output, [{ vault: vault.location, records }], nowMs());
  } catch (error) {
    if (signal.aborted || !(error instanceof LifeboatError)) throw error;
  }
}

type Circumstances = Pick<
  SaveRequest,
  'time' | 'paths' | 'hostname' | 'username' | 'uid' | 'gid' | 'tags' | 'excludes'
>;

function wanted({ folder, nowMs }: AppContext, input: Input): Circumstances {
  const tags = input.values('--tag');
  const excludes = input.values('--exclude');
  return {
    time: new Date(nowMs()).toISOString(),
    paths: input.values('--path').map((path) => resolve(folder, path)),
    hostname: input.value('--host') ?? hostname(),
    username: username(),
    uid: uid(),
    gid: gid(),
    ...(tags.length === 0 ? {} : { tags }),
    ...(excludes.length === 0 ? {} : { excludes }),
  };
}

async function parentOf(
  repository: Repository,
  request: Circumstances,
  isFull: boolean,
  signal: AbortSignal,
): Promise<Snapshot | undefined> {
  if (isFull) return undefined;
  const { hostname: host, paths } = request;
  return (await repository.snapshots({ hostname: host, paths }, signal)).at(-1);
}

/** As much as last time is the best guess at how much there will be. */
function expected(parent: Snapshot | undefined) {
  if (parent?.summary === undefined) return {};
  const { totalFilesProcessed: totalFiles, totalBytesProcessed: totalBytes } = parent.summary;
  return { totalFiles, totalBytes };
}

async function save(
  repository: Repository,
  capture: Capture,
  request: Circumstances & {
    readonly parent: Promise<Snapshot | undefined>;
    readonly progress: (done: WorkProgress, parent: Snapshot | undefined) => void;
    readonly signal: AbortSignal;
  },
): Promise<SavedSnapshot> {
  const { signal, progress } = request;
  const work = async (writer: RepositoryWriter): Promise<SavedSnapshot> => {
    const { parent: finding, ...others } = request;
    const parent = await finding;
    return await writer.saveSnapshot({
      ...others,
      ...(parent === undefined ? {} : { parent }),
      progress: (done) => progress(done, parent),
      events: capture.events,
    });
  };
  return await repository.write(work, { signal });
}

function warnOfVaultInside({ output }: AppContext, location: string, paths: readonly string[]): void {
  const above = paths.find(
    (path) => location === path || location.startsWith(path === '/' ? '/' : `${path}/`),
  );
  if (above !== undefined)
    output.warn(`the vault ${location} lies inside ${above} and is backed up into itself`);
}

async function tell(
  { output }: AppContext,
  { snapshot, summary, seen }: SavedSnapshot,
  problems: readonly CaptureProblem[],
  durationMs: number,
): Promise<CommandEnd> {
  for (const { path, reason } of problems) {
    await output.result({ type: 'problem', path, reason });
    output.note(`not read: ${path}: ${reason}`);
  }
  const { filesNew, filesChanged, filesUnmodified, dirsNew, dirsChanged, dirsUnmodified } = summary;
  const counts = (added: number, changed: number, same: number) =>
    `${countText(added)} new, ${countText(changed)} changed, ${countText(same)} unchanged`;
  await output.text(`files:   ${counts(filesNew, filesChanged, filesUnmodified)}`);
  await output.text(`folders: ${counts(dirsNew, dirsChanged, dirsUnmodified)}`);
  await output.text(
    `added:   ${bytesText(summary.dataAdded)} (${bytesText(summary.dataAddedPacked)} stored)`,
  );
  await output.text(
    `read:    ${plural(seen.files, 'file')}, ${bytesText(seen.bytes)} in ${durationText(durationMs)}`,
  );
  await output.text(`saved snapshot ${output.style.bold(shortId(snapshot.id))}`);
  return {
    summary: {
      snapshot: snapshot.id,
      tree: snapshot.tree,
      ...(snapshot.parent === undefined ? {} : { parent: snapshot.parent }),
      complete: problems.length === 0,
      problems: problems.length,
      files_new: filesNew,
      files_changed: filesChanged,
      files_unmodified: filesUnmodified,
      dirs_new: dirsNew,
      dirs_changed: dirsChanged,
      dirs_unmodified: dirsUnmodified,
      files: seen.files,
      bytes: seen.bytes,
      bytes_added: summary.dataAdded,
      bytes_added_stored: summary.dataAddedPacked,
      duration_ms: durationMs,
    },
    ...(problems.length === 0 ? {} : { error: incomplete(problems.length, snapshot.id) }),
  };
}

function incomplete(count: number, id: string): LifeboatError {
  return new LifeboatError(
    'BACKUP_INCOMPLETE',
    `snapshot ${shortId(id)} lacks ${plural(count, 'entry', 'entries')} that could not be read`,
    {
      hint: 'See the lines above for what and why; the rest is in the snapshot.',
      details: { snapshot: id, problems: count },
    },
  );
}
