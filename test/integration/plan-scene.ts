/**
 * A plan with its vaults in a folder of its own, run by the use cases that the commands call, with the adapters of
 * the program. Only what stands between a vault and its disk can be made to fail, and only the context's clock moves.
 */
import fs from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { appAdapters } from '../../src/app.ts';
import type { AppContext } from '../../src/cli/cli-context.ts';
import { createOutput } from '../../src/cli/output.ts';
import { type AssessedSystem, assessPlan } from '../../src/cli/plan/assess-plan.ts';
import { backupSystems, type SystemBackup } from '../../src/cli/plan/backup-systems.ts';
import { planHistory, type VaultHistory } from '../../src/cli/plan/plan-history.ts';
import { chosenSystems, openPlan, type PlanSession } from '../../src/cli/plan/plan-session.ts';
import { openPlanVaults, type PlanVaults } from '../../src/cli/plan/plan-vaults.ts';
import { type SystemProof, verifySystems } from '../../src/cli/plan/verify-systems.ts';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { initVault, openVault, type VaultOptions } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { testPassword } from '../support/stock-restic.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { quickKdf, quickLocks } from '../support/vault.ts';

export interface PlanScene extends Disposable {
  readonly folder: string;
  readonly context: AppContext;
  /** Absolute path of something in the plan's folder. */
  path(...names: string[]): string;
  vaultPath(name: string): string;
  write(name: string, content: string | Buffer): void;
  /** Replaces the systems of the plan. */
  plan(systems: string): void;
  /** Milliseconds by which the context's clock is ahead of the machine's. */
  aheadMs: number;
  /** What stands between vaults and their disks, by the vault's name. */
  readonly wraps: Map<string, (store: ObjectStore) => ObjectStore>;
  /** Warnings that were given so far. */
  readonly said: string[];
  /** Opens the plan and its vaults for a while, as one start of the program does. */
  run<T>(work: (session: PlanSession, vaults: PlanVaults) => Promise<T>, signal?: AbortSignal): Promise<T>;
  backup(options?: BackupOptions): Promise<readonly SystemBackup[]>;
  verify(options?: { readonly vault?: string }): Promise<readonly SystemProof[]>;
  histories(refresh: boolean): Promise<readonly VaultHistory[]>;
  /** Every system as `status` shows it. */
  status(refresh?: boolean): Promise<ReadonlyMap<string, AssessedSystem>>;
  makeVault(name: string): Promise<void>;
  /** A vault of the plan opened by itself, without faults. */
  open(name: string, options?: Partial<VaultOptions>): Promise<Vault>;
}

export interface BackupOptions {
  readonly systems?: readonly string[];
  readonly full?: boolean;
  readonly signal?: AbortSignal;
}

export interface SceneOptions {
  readonly systems: string;
  readonly vaults?: readonly string[];
  /** Of another scene that shares its vaults. */
  readonly planId?: string;
}

const planIdDefault = '5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11';

/** Its folders for state and caches are the process's from now on: one scene at a time. */
export async function planScene(options: SceneOptions): Promise<PlanScene> {
  const folder = temporaryFolder();
  const scene = sceneIn(folder, options);
  scene.plan(options.systems);
  for (const name of vaultNames(options)) await scene.makeVault(name);
  return scene;
}

/** A scene that another process made; its plan is the one that is there. */
export function openScene(path: string): PlanScene {
  return sceneIn({ path, [Symbol.dispose]: () => undefined }, { systems: '' });
}

function sceneIn(folder: TemporaryFolder, options: SceneOptions): PlanScene {
  process.env['LIFEBOAT_STATE_DIR'] = join(folder.path, 'state');
  process.env['XDG_CACHE_HOME'] = join(folder.path, 'caches');
  const said: string[] = [];
  const path = (...names: string[]) => join(folder.path, 'work', ...names);
  const scene: PlanScene = {
    folder: path(),
    context: undefined as never,
    path,
    vaultPath: (name) => join(folder.path, 'vaults', name),
    write(name, content) {
      fs.mkdirSync(join(path(name), '..'), { recursive: true });
      fs.writeFileSync(path(name), content);
    },
    plan: (systems) => scene.write('lifeboat.yaml', planText(scene, options, systems)),
    aheadMs: 0,
    wraps: new Map(),
    said,
    run: (work, signal) => runWith({ ...scene.context, ...(signal ? { signal } : {}) }, work),
    backup: async ({ systems = [], full = false, signal } = {}) =>
      await scene.run(async (session, vaults) => {
        const request = {
          session,
          vaults,
          systems: chosenSystems(session.plan, systems),
          trigger: 'manual' as const,
          full,
        };
        return await backupSystems(
          { ...scene.context, ...(signal ? { signal } : {}) },
          request,
          async () => undefined,
        );
      }, signal),
    verify: async ({ vault } = {}) =>
      await scene.run(async (session, vaults) => {
        const histories = await planHistory(scene.context, session, vaults, true);
        const systems = chosenSystems(session.plan, []);
        const request = {
          session,
          vaults,
          histories,
          systems,
          trigger: 'manual' as const,
          keepSandbox: false,
        };
        return await verifySystems(
          scene.context,
          { ...request, ...(vault === undefined ? {} : { vault }) },
          async () => undefined,
        );
      }),
    histories: (refresh) =>
      scene.run((session, vaults) => planHistory(scene.context, session, vaults, refresh)),
    status: async (refresh = true) =>
      await scene.run(async (session, vaults) => {
        const histories = await planHistory(scene.context, session, vaults, refresh);
        const { systems } = assessPlan(session.plan, histories, scene.context.nowMs(), new Map());
        return new Map(systems.map((system) => [system.system, system]));
      }),
    makeVault: (name) => makeVault(scene, name),
    open: (name, given) =>
      openVault({ ...vaultOptions(scene, openLocalStore(scene.vaultPath(name))), ...given }),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
  return Object.assign(scene, { context: contextOf(scene) });
}

async function makeVault(scene: PlanScene, name: string): Promise<void> {
  await using _vault = await initVault({
    ...vaultOptions(scene, openLocalStore(scene.vaultPath(name))),
    kdf: quickKdf,
    role: name === 'here' ? 'primary' : 'secondary',
  });
}

async function runWith<T>(
  context: AppContext,
  work: (session: PlanSession, vaults: PlanVaults) => Promise<T>,
): Promise<T> {
  const session = await openPlan(undefined, context.folder);
  await using vaults = openPlanVaults(context, session);
  return await work(session, vaults);
}

function contextOf(scene: PlanScene): AppContext {
  const stream = (keep: (text: string) => void) => ({
    isTerminal: false,
    wantsColour: false,
    columns: () => 80,
    write: async (data: string | Uint8Array) => keep(String(data)),
    closed: new AbortController().signal,
  });
  const stdout = stream(() => undefined);
  const stderr = stream((text) => scene.said.push(text));
  return {
    output: createOutput({ json: true, stdout, stderr, monotonicMs: () => performance.now() }),
    signal: new AbortController().signal,
    nowMs: () => Date.now() + scene.aheadMs,
    programVersion: '0.0.0-test',
    folder: scene.folder,
    adapters: appAdapters,
    openVault: async ({ location }) => {
      const name = location.slice(location.lastIndexOf('/') + 1);
      const store = openLocalStore(scene.vaultPath(name));
      const wrap = scene.wraps.get(name);
      return await openVault(vaultOptions(scene, wrap === undefined ? store : wrap(store)));
    },
    openStore: async ({ location }) => openLocalStore(scene.vaultPath(basename(location))),
    initVault: () => Promise.reject(new Error('scenes make their vaults themselves')),
    describeCommands: async () => [],
  };
}

function vaultOptions(scene: PlanScene, store: ObjectStore) {
  return {
    store,
    password: testPassword,
    lockTiming: quickLocks,
    workers: 2,
    packBytesTarget: 256 * 1024,
    programVersion: 'lifeboat 0.0.0-test',
    stateFolder: join(scene.folder, '../state/chain'),
    cacheDirectory: join(scene.folder, '../caches/lifeboat'),
    nowMs: () => Date.now() + scene.aheadMs,
  };
}

function vaultNames({ vaults = ['here'] }: SceneOptions): readonly string[] {
  return vaults;
}

function planText(scene: PlanScene, options: SceneOptions, systems: string): string {
  const vaults = vaultNames(options).map((name) => `  ${name}: { location: "${scene.vaultPath(name)}" }`);
  return `version: 1
metadata: { id: ${options.planId ?? planIdDefault}, name: Test, owner: Tester }
objectives: { rpo: 1 h, rto: 1 h }
vaults:
${vaults.join('\n')}
systems:
${systems}
`;
}

/** A database with orders in WAL mode; its log stays when `keepOpen` is not disposed. */
export function makeOrders(path: string, rows: number): void {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode=wal; CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT NOT NULL)');
  addOrders(database, rows);
  database.close();
}

export function addOrders(database: DatabaseSync, rows: number): void {
  const insert = database.prepare('INSERT INTO orders (note) VALUES (?)');
  for (let row = 0; row < rows; row++) insert.run(`order ${row} ${'x'.repeat(100)}`);
}

/** The objects of a kind in a local vault, as paths. */
export function storedFiles(scene: PlanScene, vault: string, kind: string): string[] {
  const root = join(scene.vaultPath(vault), kind);
  if (!fs.existsSync(root)) return [];
  return fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
