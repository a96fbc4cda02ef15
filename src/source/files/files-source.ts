/**
 * The `files` source: folders and files as they are on this machine, under their absolute paths.
 *
 * It takes no snapshot of the file system. A file that changes while it is read is the reader's to notice; a file that
 * vanishes during the walk, and all that cannot be read, is a problem, which makes the run incomplete.
 */
import fs from 'node:fs';
import { assert } from '../../error/assert.ts';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { sleep } from '../../platform/timers.ts';
import type { Capture, CaptureEvent, Source, SourceFinding } from '../source.ts';
import { absolutePath, type ByteString, fromText, toBytes, toText } from './byte-path.ts';
import { addProblem, emptyProblemList, listProblems } from './problem-list.ts';
import { readFailure } from './read-failure.ts';
import { buildTargetTree } from './target-tree.ts';
import { type WalkOptions, walkTargets } from './walk.ts';

export interface FilesSourceOptions {
  /** Absolute paths of folders or files; text, or bytes where a name is not UTF-8. */
  readonly paths: readonly (string | Buffer)[];
  /** Patterns in gitignore syntax, counted from every path of `paths`; one that spells out such a path is understood. */
  readonly exclude?: readonly string[];
  /** Leave out what is in folders that hold a valid CACHEDIR.TAG. Default false. */
  readonly excludeCaches?: boolean;
  /** Keep mount points as empty folders. Default false. */
  readonly oneFileSystem?: boolean;
  /** Leave out larger regular files, unless named in `paths`; bytes. Default: no limit. */
  readonly maxFileSize?: number;
  /** Files with patterns for their folder and below. Default `.lifeboatignore`. */
  readonly ignoreFileNames?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

interface CheckedTarget {
  readonly path: ByteString;
  /** The system's error when the target cannot be had. */
  readonly error?: unknown;
}

/** Some 30 ms of work. */
const batchesPerTurn = 16;

/** Raises SOURCE_INVALID for a path that is not absolute, and for no path at all. */
export function createFilesSource(options: FilesSourceOptions): Source {
  const paths = options.paths.map(absolutePath);
  if (paths.length === 0) {
    throw new LifeboatError('SOURCE_INVALID', 'a files source needs at least one path', {
      hint: 'Name the folders or files to keep under "paths".',
    });
  }
  return {
    description: `files in ${paths.map(toText).join(', ')}`,
    async preflight(signal) {
      signal?.throwIfAborted();
      return paths.map(checkTarget).flatMap(findingOf);
    },
    async capture(signal) {
      signal?.throwIfAborted();
      return startCapture(options, paths.map(checkTarget), signal);
    },
  };
}

function checkTarget(path: ByteString): CheckedTarget {
  try {
    const stats = fs.lstatSync(toBytes(path));
    if (stats.isDirectory()) fs.accessSync(toBytes(path), fs.constants.R_OK);
    return { path };
  } catch (error) {
    return { path, error };
  }
}

function isMissing(target: CheckedTarget): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemErrorName(target.error) ?? '');
}

function findingOf(target: CheckedTarget): readonly SourceFinding[] {
  if (target.error === undefined) return [];
  const path = toText(target.path);
  if (isMissing(target)) {
    const hint = `Create "${path}", mount what holds it, or take it out of the plan.`;
    return [{ severity: 'error', message: `"${path}" does not exist`, hint }];
  }
  const hint = 'Run as a user who may read it, or as root.';
  return [{ severity: 'error', message: `"${path}" cannot be read: ${readFailure(target.error)}`, hint }];
}

function startCapture(
  options: FilesSourceOptions,
  targets: readonly CheckedTarget[],
  signal: AbortSignal | undefined,
): Capture {
  const there = targets.filter((target) => target.error === undefined || !isMissing(target));
  if (targets.every((target) => target.error !== undefined)) throw nothingToRead(targets);
  const problems = emptyProblemList();
  for (const target of targets.filter(isMissing)) {
    addProblem(problems, { path: toText(target.path), reason: 'does not exist' });
  }
  const capturedAtMs = options.nowMs();
  const progress = { started: false, finished: false, disposed: false };
  const walk = { ...walkOptions(options, there), problems };
  return {
    events: walkedEvents(walk, progress, signal),
    async result() {
      assert(progress.finished, 'the events were consumed to the end before the result was asked for');
      const none = { kind: 'none' } as const;
      return {
        start: none,
        end: none,
        capturedAtMs,
        values: {},
        problems: listProblems(problems),
        writerPauseMs: 0,
      };
    },
    async [Symbol.asyncDispose]() {
      progress.disposed = true;
    },
  };
}

function walkOptions(
  options: FilesSourceOptions,
  targets: readonly CheckedTarget[],
): Omit<WalkOptions, 'problems'> {
  return {
    targets: buildTargetTree(targets.map((target) => target.path)),
    exclude: options.exclude ?? [],
    excludeCaches: options.excludeCaches ?? false,
    oneFileSystem: options.oneFileSystem ?? false,
    maxFileSize: options.maxFileSize ?? Number.POSITIVE_INFINITY,
    ignoreFileNames: (options.ignoreFileNames ?? ['.lifeboatignore']).map(fromText),
  };
}

interface WalkProgress {
  started: boolean;
  finished: boolean;
  disposed: boolean;
}

async function* walkedEvents(
  options: WalkOptions,
  progress: WalkProgress,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly CaptureEvent[], void> {
  assert(!progress.started, 'the events of a capture are consumed once');
  progress.started = true;
  let batches = 0;
  for (const batch of walkTargets(options)) {
    signal?.throwIfAborted();
    assert(!progress.disposed, 'a capture is consumed before it is disposed');
    yield batch;
    batches += 1;
    // The walk is synchronous: give signals, timers and the other stages of the backup their turn.
    if (batches % batchesPerTurn === 0) await sleep(0, signal);
  }
  signal?.throwIfAborted();
  progress.finished = true;
}

function nothingToRead(targets: readonly CheckedTarget[]): LifeboatError {
  const names = targets.map((target) => `"${toText(target.path)}"`).join(', ');
  if (targets.every(isMissing)) {
    return new LifeboatError('SOURCE_MISSING', `nothing to back up: ${names} does not exist`, {
      hint: 'Create it, mount what holds it, or correct the paths of the source.',
      cause: targets[0]?.error,
    });
  }
  return new LifeboatError('SOURCE_DENIED', `nothing to back up: ${names} cannot be read`, {
    hint: 'Run as a user who may read it, or as root.',
    cause: targets[0]?.error,
  });
}
