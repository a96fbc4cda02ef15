/** Programs that receive the log of a cluster beside pgbench, and what they take meanwhile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '../measure.ts';
import { type Cluster, programs } from './cluster.ts';

export interface Receiver {
  /** Processor time since its start: user and system of all threads. */
  cpuS(): number;
  /** Largest resident set since its start. */
  peakMb(): number;
  stop(): Promise<void>;
}

/** Of Lifeboat; resolves when it streams, and with `sync` when commits wait for it. */
export async function startLifeboat(
  { folder: socket, port }: Cluster,
  vault: string,
  mode: 'async' | 'sync',
  delayMs = 0,
): Promise<Receiver> {
  fs.mkdirSync(vault, { recursive: true });
  const child = path.join(import.meta.dirname, 'receiver-child.ts');
  const started = start({
    file: process.execPath,
    arguments: ['--max-semi-space-size=4', child, vault, socket, String(port), mode, String(delayMs)],
    environment: {},
  });
  const { stdout } = started.process;
  if (stdout === null) throw new Error('the receiver has no output');
  const ended = once(started.process, 'exit').then(() => {
    throw new Error('the receiver ended before it streamed');
  });
  await Promise.race([once(createInterface(stdout), 'line'), ended]);
  ended.catch(() => undefined);
  return started;
}

/** PostgreSQL's own, with a slot of its own. */
export async function startReceiveWal({ as, run }: Cluster, to: string): Promise<Receiver> {
  // What an earlier run received is older than what the new slot holds.
  fs.rmSync(to, { recursive: true, force: true });
  run('mkdir', to);
  const program = `${programs}/pg_receivewal`;
  run(program, '-U', 'postgres', '-S', 'stock', '--create-slot', '--if-not-exists');
  const started = start(as(program, '-U', 'postgres', '-D', to, '-S', 'stock', '--no-loop'));
  await sleep(500);
  return started;
}

/** The process itself: setpriv becomes the program that it starts. */
function start(command: Command): Receiver & { readonly process: ChildProcess } {
  const child = spawn(command.file, command.arguments, {
    env: { ...process.env, ...command.environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const own = `/proc/${child.pid}`;
  return {
    process: child,
    cpuS: () => {
      const [user = 0, system = 0] = fs
        .readFileSync(`${own}/stat`, 'latin1')
        .replace(/^.*\) /, '')
        .split(' ')
        .slice(11, 13)
        .map(Number);
      return (user + system) / 100;
    },
    peakMb: () => {
      const [, kb = '0'] = /VmHWM:\s+(\d+)/.exec(fs.readFileSync(`${own}/status`, 'latin1')) ?? [];
      return (Number(kb) * 1024) / 1e6;
    },
    stop: async () => {
      if (child.exitCode !== null) throw new Error('a receiver ended by itself');
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}
