/** A plan with one vault, passes over it, and a clock that the test sets: what happens on a machine in days and weeks. */
import fs from 'node:fs';
import { join } from 'node:path';
import { appAdapters } from '../../src/app.ts';
import type { AppContext } from '../../src/cli/cli-context.ts';
import { createOutput } from '../../src/cli/output.ts';
import { openPlan } from '../../src/cli/plan/plan-session.ts';
import { passOnce } from '../../src/cli/run-due/keep-up.ts';
import type { PassResult } from '../../src/cli/run-due/pass-result.ts';
import { passVoice } from '../../src/cli/run-due/pass-voice.ts';
import { runPass } from '../../src/cli/run-due/run-pass.ts';
import { createVaultAccess } from '../../src/cli/vault-access.ts';
import type { RunRecord } from '../../src/evidence/record.ts';
import type { CountedStore } from '../../src/object-store/count.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { monotonicMs } from '../../src/platform/clock.ts';
import { createFilesSource } from '../../src/source/files/files-source.ts';
import { initVault, openVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { testPassword } from './stock-restic.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { quickKdf } from './vault.ts';

export interface PassScene extends Disposable {
  readonly path: string;
  /** The clock: milliseconds since the epoch. */
  nowMs: number;
  /** A plan of more than one system or vault, in full. */
  writeText(plan: string): void;
  pass(): Promise<PassResult>;
  /** With on_failure and the dead man's switch. */
  passAndTell(): Promise<PassResult>;
  /** What stores were asked for in all passes so far: `get data/12/1234…`. */
  readonly asked: readonly string[];
  /** Lines that passes said so far. */
  readonly said: readonly string[];
  makeVault(name: string): Promise<void>;
  /** The vault of another machine, or of a person at this one. */
  open(name: string): Promise<Vault>;
  records(name: string): Promise<readonly RunRecord[]>;
  context(): AppContext;
}

const variables = ['LIFEBOAT_STATE_DIR', 'XDG_CACHE_HOME', 'LIFEBOAT_PASSWORD'];

/** With a vault `here` and a file `data/a`. */
export async function passScene(): Promise<PassScene> {
  const folder = temporaryFolder();
  const before = variables.map((name) => [name, process.env[name]] as const);
  process.env['LIFEBOAT_STATE_DIR'] = join(folder.path, 'state');
  process.env['XDG_CACHE_HOME'] = join(folder.path, 'cache');
  process.env['LIFEBOAT_PASSWORD'] = testPassword;
  fs.mkdirSync(join(folder.path, 'data'));
  fs.writeFileSync(join(folder.path, 'data', 'a'), 'one');
  const said: string[] = [];
  const asked: string[] = [];
  const opening = (name: string) => ({
    store: openLocalStore(join(folder.path, name)),
    password: testPassword,
    stateFolder: join(folder.path, 'state', 'test'),
    cacheDirectory: join(folder.path, 'cache'),
    nowMs: () => scene.nowMs,
  });
  const scene: PassScene = {
    path: folder.path,
    nowMs: Date.parse('2026-11-10T12:30:00Z'),
    said,
    asked,
    writeText: (plan) => fs.writeFileSync(join(folder.path, 'lifeboat.yaml'), plan),
    pass: async () => {
      const running = scene.context();
      const session = await openPlan(undefined, folder.path);
      return await runPass(running, { session, voice: passVoice(running, 'UTC') });
    },
    passAndTell: async () => await passOnce(scene.context(), await openPlan(undefined, folder.path)),
    makeVault: async (name) => {
      await using _vault = await initVault({ ...opening(name), kdf: quickKdf, role: 'primary' });
    },
    open: (name) => openVault(opening(name)),
    records: async (name) => {
      await using vault = await openVault(opening(name));
      return (await vault.records()).records;
    },
    context: () => contextOf(folder.path, () => scene.nowMs, said, asked),
    [Symbol.dispose]: () => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      folder[Symbol.dispose]();
    },
  };
  await scene.makeVault('here');
  return scene;
}

function contextOf(folder: string, nowMs: () => number, said: string[], asked: string[]): AppContext {
  const stream = {
    isTerminal: false,
    wantsColour: false,
    columns: () => 80,
    closed: new AbortController().signal,
    write: async (text: string) => {
      said.push(...text.split('\n').filter((line) => line !== ''));
    },
  };
  const output = createOutput({ json: false, stdout: stream, stderr: stream, monotonicMs });
  // the root gives sources the real clock
  const source = () => createFilesSource({ paths: [join(folder, 'data')], nowMs });
  const common = {
    adapters: {
      ...appAdapters,
      source: async () => source(),
      openStore: async (...from: Parameters<typeof appAdapters.openStore>) =>
        overheard(await appAdapters.openStore(...from), asked),
    },
    output,
    folder,
    programVersion: '0.0.0',
    nowMs,
    signal: new AbortController().signal,
  };
  return { ...common, ...createVaultAccess(common), describeCommands: async () => [] };
}

function overheard(store: CountedStore, asked: string[]): CountedStore {
  const note = <T>(what: string, answer: T): T => {
    asked.push(what);
    return answer;
  };
  return {
    ...store,
    put: (key, ...rest) => note(`put ${key}`, store.put(key, ...rest)),
    get: (key, ...rest) => note(`get ${key}`, store.get(key, ...rest)),
    stat: (key, ...rest) => note(`stat ${key}`, store.stat(key, ...rest)),
    list: (prefix, ...rest) => note(`list ${prefix}`, store.list(prefix, ...rest)),
    delete: (key, ...rest) => note(`delete ${key}`, store.delete(key, ...rest)),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
