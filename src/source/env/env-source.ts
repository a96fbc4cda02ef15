/**
 * The `env` source: named variables of the environment and dotenv files.
 *
 * Values go into the encrypted vault and nowhere else: no message, no figure and no hash is made from them.
 */
import { assert } from '../../error/assert.ts';
import { hasCode, LifeboatError } from '../../error/lifeboat-error.ts';
import { groupName, userName } from '../../platform/posix/accounts.ts';
import type { EntryMetadata } from '../entry-metadata.ts';
import type { Capture, CaptureEvent, Content, Source, SourceFinding } from '../source.ts';
import { readDotenvFile, readFolderMetadata } from './dotenv-file.ts';
import { emptyEntryTree, eventsOf, placeFile } from './entry-tree.ts';
import { dotenvOf, jsonOf } from './variables-file.ts';

export interface EnvSourceOptions {
  /** The system's name; variables are stored in `/env/<system>/` as `variables.env` and `variables.json`. */
  readonly system: string;
  readonly variables: readonly string[];
  /** Absolute paths of dotenv files. */
  readonly files: readonly string[];
  /** A variable's value, or `undefined` when it is not set. */
  readonly read: (name: string) => string | undefined;
  /** Owner of what is made rather than found. */
  readonly uid: number;
  readonly gid: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

/** Raises SOURCE_INVALID for names and paths that cannot be meant. */
export function createEnvSource(options: EnvSourceOptions): Source {
  checkOptions(options);
  return {
    description: `${options.variables.length} environment variables and ${options.files.length} dotenv files`,
    async preflight(signal) {
      signal?.throwIfAborted();
      return [
        () => readVariables(options),
        ...options.files.map((path) => () => readDotenvFile(path)),
      ].flatMap(findingOf);
    },
    async capture(signal) {
      signal?.throwIfAborted();
      return startCapture(options, signal);
    },
  };
}

function checkOptions({ system, variables, files }: EnvSourceOptions): void {
  const wrongName = variables.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  const wrongPath = files.find((path) => !/^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/.test(path));
  if (wrongName !== undefined) {
    throw new LifeboatError('SOURCE_INVALID', `"${wrongName}" is not the name of an environment variable`, {
      hint: 'Names have letters, digits and underscores, and do not begin with a digit.',
    });
  }
  if (wrongPath !== undefined) {
    throw new LifeboatError('SOURCE_INVALID', `"${wrongPath}" is not a plain absolute path`, {
      hint: 'Give every dotenv file from the root on, without "." and ".." in it.',
    });
  }
  if (!/^[^/\0]+$/.test(system) || system === '.' || system === '..') {
    throw new LifeboatError('SOURCE_INVALID', `"${system}" cannot be the name of a folder`, {
      hint: 'Give the system a name without slashes.',
    });
  }
}

function findingOf(read: () => unknown): readonly SourceFinding[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!hasCode(error, 'SOURCE_MISSING', 'SOURCE_DENIED', 'SOURCE_INVALID')) throw error;
    return [
      { severity: 'error', message: error.message, hint: error.hint ?? 'Correct the source in the plan.' },
    ];
  }
}

/** Raises SOURCE_MISSING with the names of all variables that are not set; an empty value is a value. */
function readVariables({ variables, read }: EnvSourceOptions): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const missing: string[] = [];
  for (const name of new Set(variables)) {
    const value = read(name);
    if (value === undefined) missing.push(name);
    else values.set(name, value);
  }
  if (missing.length > 0) {
    const are = missing.length === 1 ? 'variable is' : 'variables are';
    throw new LifeboatError('SOURCE_MISSING', `the environment ${are} not set: ${missing.join(', ')}`, {
      hint: 'Start Lifeboat with the environment of the system, or take the name out of the source.',
      details: { missing },
    });
  }
  return values;
}

function startCapture(options: EnvSourceOptions, signal: AbortSignal | undefined): Capture {
  const capturedAtMs = options.nowMs();
  const variables = readVariables(options);
  const files = new Set(options.files);
  const events = collectEvents(options, variables, files, capturedAtMs);
  const progress = { finished: false, disposed: false };
  return {
    events: (async function* () {
      signal?.throwIfAborted();
      assert(
        !progress.disposed && !progress.finished,
        'the events of a capture are consumed once, before it is disposed',
      );
      yield events;
      progress.finished = true;
    })(),
    async result() {
      assert(progress.finished, 'the events were consumed to the end before the result was asked for');
      const none = { kind: 'none' } as const;
      const values = { variables: variables.size, dotenvFiles: files.size };
      return { start: none, end: none, capturedAtMs, values, problems: [], writerPauseMs: 0 };
    },
    async [Symbol.asyncDispose]() {
      progress.disposed = true;
    },
  };
}

function collectEvents(
  options: EnvSourceOptions,
  variables: ReadonlyMap<string, string>,
  files: ReadonlySet<string>,
  nowMs: number,
): readonly CaptureEvent[] {
  const tree = emptyEntryTree();
  for (const path of files) placeFile(tree, path, readDotenvFile(path), readFolderMetadata);
  if (variables.size > 0) {
    const folder = `/env/${options.system}`;
    for (const [name, text] of [
      ['variables.env', dotenvOf(variables)],
      ['variables.json', jsonOf(variables)],
    ] as const) {
      const bytes = Buffer.from(text, 'utf8');
      const file = {
        metadata: madeMetadata(options, nowMs, 'file', bytes.length),
        content: contentOf(bytes),
      };
      placeFile(tree, `${folder}/${name}`, file, () => madeMetadata(options, nowMs, 'dir', 0));
    }
  }
  return eventsOf(tree);
}

function contentOf(bytes: Buffer): Content {
  return {
    kind: 'stream',
    async *open(signal) {
      signal?.throwIfAborted();
      yield bytes;
    },
  };
}

/** Only the owner may read what holds secrets. */
function madeMetadata(
  { uid, gid }: EnvSourceOptions,
  nowMs: number,
  type: 'file' | 'dir',
  size: number,
): EntryMetadata {
  const nowNs = BigInt(nowMs) * 1_000_000n;
  const mode = type === 'file' ? 0o100600 : 0o40700;
  return {
    type,
    mode,
    mtimeNs: nowNs,
    ctimeNs: nowNs,
    uid,
    gid,
    user: userName(uid),
    group: groupName(gid),
    size,
  };
}
