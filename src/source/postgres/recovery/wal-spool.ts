/**
 * Fills the spool of a recovery with files of the log: those that the server asks for, and a bounded number of those
 * that it will ask for next. See `restore-script.ts` for the other side.
 */
import { createWriteStream } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';
import { oneAhead } from '../../../platform/one-ahead.ts';
import { every, sleep } from '../../../platform/timers.ts';
import type { ServerUser } from '../server/server-user.ts';
import { aliveFile, restoreScript, scriptFile, spoolFolders, stoppedFile } from './restore-script.ts';

/** What there is under a name. */
export type WalAnswer =
  | { readonly kind: 'absent' }
  /** `bytes` are written, then zeros up to `size`. */
  | {
      readonly kind: 'file';
      readonly size: number;
      readonly bytes: AsyncIterable<Uint8Array>;
      readonly next?: string;
    };

export interface SpoolOptions {
  readonly folder: string;
  readonly user: ServerUser | undefined;
  /** Raises when it is not known whether there is such a file: the server is stopped then. */
  readonly answer: (name: string, signal: AbortSignal) => Promise<WalAnswer>;
  /** How many files are fetched before they are asked for. Default 4. */
  readonly ahead?: number;
  /** Seconds of silence after which the script takes us for dead. Default 60. */
  readonly silenceS?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface WalSpool extends AsyncDisposable {
  /** Whose arguments are the name and the place of a file. */
  readonly script: string;
  /** The newest name that the server asked for, and how much was fetched. */
  readonly progress: () => SpoolProgress;
  /** Why it stopped, once it did. */
  readonly failure: () => unknown;
}

export interface SpoolProgress {
  readonly asked?: string;
  readonly files: number;
  readonly bytes: number;
}

const aheadUsual = 4;
const silenceUsualS = 60;
const lookMs = 10;
const beatMs = 500;
/** Names that the server may ask for at once; it asks for one at a time. */
const wantedMax = 64;

export async function openWalSpool(options: SpoolOptions): Promise<WalSpool> {
  await makeFolders(options);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const state: SpoolState = { options, ready: new Set(), files: 0, bytes: 0 };
  const beating = startBeating(options.folder);
  const serving = serve(state, signal).catch(async (error: unknown) => {
    if (!stop.signal.aborted) state.failure = error;
    await fs.writeFile(path.join(options.folder, stoppedFile), '');
  });
  return {
    script: path.join(options.folder, scriptFile),
    progress: () => ({
      files: state.files,
      bytes: state.bytes,
      ...(state.asked === undefined ? {} : { asked: state.asked }),
    }),
    failure: () => state.failure,
    [Symbol.asyncDispose]: async () => {
      stop.abort(new LifeboatError('INTERRUPTED', 'the recovery is over'));
      await serving;
      await beating[Symbol.asyncDispose]();
      await fs.rm(options.folder, { recursive: true, force: true });
    },
  };
}

interface SpoolState {
  readonly options: SpoolOptions;
  /** In `ready`, as far as is known here. */
  readonly ready: Set<string>;
  asked?: string;
  next?: string | undefined;
  failure?: unknown;
  files: number;
  bytes: number;
}

async function makeFolders({ folder, user, silenceS }: SpoolOptions): Promise<void> {
  for (const name of ['', ...spoolFolders]) {
    const made = path.join(folder, name);
    await fs.mkdir(made, { recursive: true, mode: 0o700 });
    if (user !== undefined) await fs.chown(made, user.uid, user.gid);
  }
  const script = path.join(folder, scriptFile);
  await fs.writeFile(script, restoreScript(folder, silenceS ?? silenceUsualS), { mode: 0o755 });
  await fs.writeFile(path.join(folder, aliveFile), '0\n', { mode: 0o644 });
}

function startBeating(folder: string) {
  let count = 0;
  return every(beatMs, async () => {
    count++;
    // A beat that cannot be written is a silence, which the script understands.
    await fs.writeFile(path.join(folder, aliveFile), `${count}\n`).catch(() => undefined);
  });
}

async function serve(state: SpoolState, signal: AbortSignal): Promise<void> {
  const { folder } = state.options;
  for (;;) {
    const wanted = (await fs.readdir(path.join(folder, 'wanted'))).slice(0, wantedMax);
    let isServed = false;
    for (const name of wanted) isServed = (await serveWanted(state, name, signal)) || isServed;
    // the script may sleep before it takes what is ready: meanwhile there is time for what comes next
    if (!isServed && !(await fetchAhead(state, signal))) await sleep(lookMs, signal);
    signal.throwIfAborted();
  }
}

/** False when there is nothing to do. */
async function serveWanted(state: SpoolState, name: string, signal: AbortSignal): Promise<boolean> {
  const { folder } = state.options;
  const question = path.join(folder, 'wanted', name);
  // What is ready is taken without a question, so that one may be left over whose answer came meanwhile.
  if (!(await exists(question)) || (await exists(path.join(folder, 'ready', name)))) return false;
  state.asked = name;
  // The server went another way: what was fetched for this one would only lie about.
  await dropReady(state);
  state.next = await put(state, name, signal);
  // The question is taken away last: a process that is killed before leaves it open.
  if (await exists(question)) await fs.rm(question, { force: true });
  else await dropReady(state);
  return true;
}

/** False when there is nothing to do. */
async function fetchAhead(state: SpoolState, signal: AbortSignal): Promise<boolean> {
  const { folder, ahead } = state.options;
  if (state.next === undefined) return false;
  const there = new Set(await fs.readdir(path.join(folder, 'ready')));
  for (const name of state.ready) if (!there.has(name)) state.ready.delete(name);
  if (state.ready.size >= (ahead ?? aheadUsual)) return false;
  const name = state.next;
  const answer = await state.options.answer(name, signal);
  // Only an answer to a question may say that there is nothing: until it is asked, more may come.
  state.next = answer.kind === 'absent' ? undefined : await write(state, name, answer, signal);
  return true;
}

async function put(state: SpoolState, name: string, signal: AbortSignal): Promise<string | undefined> {
  const answer = await state.options.answer(name, signal);
  if (answer.kind === 'file') return await write(state, name, answer, signal);
  await publish(state, 'absent', name, async (file) => await fs.writeFile(file, ''));
  return undefined;
}

async function write(
  state: SpoolState,
  name: string,
  answer: Extract<WalAnswer, { kind: 'file' }>,
  signal: AbortSignal,
): Promise<string | undefined> {
  let length = 0;
  await publish(state, 'ready', name, async (file) => {
    try {
      await pipeline(
        counted(oneAhead(answer.bytes), (bytes) => {
          length += bytes;
        }),
        createWriteStream(file, { mode: 0o600 }),
        { signal },
      );
    } catch (error) {
      throw fullDisk(error, state.options.folder);
    }
    // The rest of the last segment was never written: the server wants the whole length, and reads zeros as its end.
    await fs.truncate(file, answer.size);
  });
  state.ready.add(name);
  state.files++;
  state.bytes += length;
  return answer.next;
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    count(piece.length);
    yield piece;
  }
}

/** The error itself when it is another. */
function fullDisk(error: unknown, folder: string): unknown {
  if (systemErrorName(error) !== 'ENOSPC' && systemErrorName(error) !== 'EDQUOT') return error;
  return new LifeboatError('DISK_FULL', `the disk of ${folder} is full`, {
    hint: 'Free some space or recover to another disk, then run the command again.',
    cause: error,
  });
}

/** Under another name first: what stands in the folder is whole. */
async function publish(
  state: SpoolState,
  kind: 'ready' | 'absent',
  name: string,
  make: (file: string) => Promise<void>,
): Promise<void> {
  const { folder, user } = state.options;
  const work = path.join(folder, `${name}.work`);
  await make(work);
  if (user !== undefined) await fs.chown(work, user.uid, user.gid);
  await fs.rename(work, path.join(folder, kind, name));
}

async function dropReady(state: SpoolState): Promise<void> {
  for (const name of state.ready)
    await fs.rm(path.join(state.options.folder, 'ready', name), { force: true });
  state.ready.clear();
}

async function exists(file: string): Promise<boolean> {
  return await fs.access(file).then(
    () => true,
    () => false,
  );
}
