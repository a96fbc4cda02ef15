/** Ends the servers that a process which was killed left running in the folder that it worked in. Only Linux tells where they run. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorName } from '../error/lifeboat-error.ts';

/** A sandbox has its data directories no deeper: `restored/postgresql/data`. */
const depthMax = 4;
const pidFile = 'postmaster.pid';
const lookMs = 20;
const looksMax = 500;

/** A process is only ended when it works in the very folder whose file names it: ids are used again. */
export function endLeftServers(folder: string): void {
  for (const data of dataFolders(realpathSync(folder), depthMax)) {
    const pid = Number.parseInt(ifReadable(() => readFileSync(join(data, pidFile), 'utf8')) ?? '', 10);
    if (!(pid > 0)) continue;
    // an immediate shutdown, for nobody wants its data
    for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
      for (let look = 0; look < looksMax && workFolderOf(pid) === data; look++) {
        if (look === 0) end(pid, signal);
        waitMs(lookMs);
      }
    }
  }
}

function dataFolders(folder: string, depth: number): readonly string[] {
  if (ifReadable(() => lstatSync(join(folder, pidFile)).isFile())) return [folder];
  if (depth === 0) return [];
  const entries = ifReadable(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  return entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => dataFolders(join(folder, name), depth - 1));
}

function workFolderOf(pid: number): string | undefined {
  return ifReadable(() => readlinkSync(`/proc/${pid}/cwd`));
}

/** What was restored there may have any mode and any name: what cannot be read is no server, and is removed all the same. */
function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (systemErrorName(error) === undefined) throw error;
    return undefined;
  }
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemErrorName(error) !== 'ESRCH') throw error;
  }
}

/** The folder is removed before anything else goes on. */
function waitMs(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
