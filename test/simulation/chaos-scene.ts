/**
 * A plan with two systems and two vaults, on which real processes of the program work at once while things go wrong.
 * What each of them reported is remembered, and at the end everything that was ever reported good must be there.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { openS3Store } from '../../src/object-store/s3/s3-store.ts';
import type { Snapshot } from '../../src/repository/repository-types.ts';
import { openVault, type VaultOptions } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { type CliOptions, cliEnds, password } from '../e2e/cli-process.ts';
import { compareTrees } from '../support/compare-trees.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { startMoto } from '../support/s3-server.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { type ResticOptions, resticMustSucceed } from '../support/stock-restic.ts';
import { quickLocks, restoreTo } from '../support/vault.ts';

export const systems = ['alpha', 'beta'] as const;
export type System = (typeof systems)[number];

/** `local`: two folders. `s3`: the second vault is a bucket behind a proxy. */
export type ChaosPlace = 'local' | 's3';

export interface ChaosVault {
  readonly name: string;
  readonly store: () => ObjectStore;
  readonly restic: ResticOptions;
}

export interface ChaosScene extends AsyncDisposable {
  readonly place: ChaosPlace;
  readonly root: string;
  readonly cli: CliOptions;
  readonly random: SeededRandom;
  readonly vaults: readonly [ChaosVault, ChaosVault];
  readonly proxy: FaultProxy | undefined;
  /** The mount point of the small disk that the first vault lies on. */
  readonly disk: string | undefined;
  /** By vault and snapshot: reported good, and not given up by anybody who said so. */
  readonly good: Map<string, GoodPoint>;
  /** When the contents of the systems became what they were: milliseconds since the epoch; oldest first. */
  readonly states: ContentState[];
  /** How long one backup took when it was left alone: milliseconds. */
  usualMs: number;
}

export interface GoodPoint {
  readonly vault: string;
  readonly snapshotId: string;
  /** Somebody was told to give it up and did not live to say whether it did. */
  mayBeGone: boolean;
}

interface ContentState {
  readonly sinceMs: number;
  /** Copies of the systems are below it, by name. */
  readonly folder: string;
}

export interface ChaosOptions {
  readonly root: string;
  readonly random: SeededRandom;
  readonly place: ChaosPlace;
  /** Mount a file system of this size for the first vault, in MiB; needs root. */
  readonly diskMiB?: number;
}

const planId = '5c2f3f52-54a6-4b0f-9d4e-7a9f3f0c1d11';
const filesPerSystem = 12;
const filesChanged = 3;

export async function makeChaosScene(options: ChaosOptions): Promise<ChaosScene> {
  const { root, random, place, diskMiB } = options;
  await using undo = new AsyncDisposableStack();
  const disk = diskMiB === undefined ? undefined : mountDisk(join(root, 'disk'), diskMiB, undo);
  const here = join(disk ?? root, 'here');
  const bucket = place === 's3' ? await startBucket(undo) : undefined;
  writeFileSync(join(root, 'lifeboat.yaml'), planText(here, join(root, 'away'), bucket));
  const cli: CliOptions = { folder: root, environment: bucket?.environment ?? {} };
  const scene: ChaosScene = {
    ...{ place, root, cli, random, disk, proxy: bucket?.proxy, good: new Map(), states: [], usualMs: 0 },
    vaults: [localVault('here', here), bucket?.vault ?? localVault('away', join(root, 'away'))],
    [Symbol.asyncDispose]: async () => await held.disposeAsync(),
  };
  for (const system of systems) {
    mkdirSync(join(root, system));
    for (let file = 0; file < filesPerSystem; file++) writeFile(scene, system, file);
  }
  for (const { name } of scene.vaults) await cliEnds(0, cli, 'vault', 'init', name, '--no-recovery-key');
  const held = undo.move();
  return scene;
}

/** Less than a mebibyte changes at once: more would look like ransomware, and then nothing is deleted. */
function writeFile({ root, random }: ChaosScene, system: System, file: number): void {
  const bytes = random.below(12) === 0 ? random.below(300_000) : random.below(60_000);
  writeFileSync(join(root, system, `file-${file}`), random.bytes(bytes));
}

/** Changes both systems and keeps a copy of what they are now. */
export function changeSystems(scene: ChaosScene): void {
  for (const system of systems)
    for (let count = 0; count < filesChanged; count++)
      writeFile(scene, system, scene.random.below(filesPerSystem));
  const folder = join(scene.root, 'states', String(scene.states.length));
  mkdirSync(folder, { recursive: true });
  // Node's own copy loses nanoseconds
  for (const system of systems) execFileSync('cp', ['-a', join(scene.root, system), join(folder, system)]);
  scene.states.push({ sinceMs: Date.now(), folder });
}

function planText(here: string, away: string, bucket: Bucket | undefined): string {
  const second = bucket
    ? `{ location: s3://${bucket.name}/vault, endpoint: ${bucket.proxy.origin}, region: us-east-1, role: secondary }`
    : `{ location: ${away}, role: secondary }`;
  return `version: 1
metadata: { id: ${planId}, name: Chaos, owner: Jane Doe, time_zone: UTC }
vaults:
  here: { location: ${here} }
  away: ${second}
objectives: { rpo: 30 h, rto: 8 h }
systems:
  alpha: { source: { kind: files, paths: [./alpha] }, schedule: daily, checks: [files] }
  beta: { source: { kind: files, paths: [./beta] }, schedule: daily, checks: [files] }
`;
}

function mountDisk(folder: string, mebibytes: number, undo: AsyncDisposableStack): string {
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]);
  undo.defer(() => {
    execFileSync('umount', [folder]);
  });
  return folder;
}

function localVault(name: string, path: string): ChaosVault {
  return { name, store: () => openLocalStore(path), restic: { repository: path, password } };
}

interface Bucket {
  readonly name: string;
  readonly proxy: FaultProxy;
  readonly environment: Readonly<Record<string, string>>;
  readonly vault: ChaosVault;
}

/** The processes go through the proxy; the looks at the end do not. */
async function startBucket(undo: AsyncDisposableStack): Promise<Bucket> {
  const server = undo.use(await startMoto());
  const proxy = undo.use(await startFaultProxy(server.endpoint));
  const name = await server.makeBucket();
  const { endpoint, region, accessKeyId, secretAccessKey, environment } = server;
  const location = { kind: 's3', bucket: name, prefix: 'vault', endpoint } as const;
  const credentials = { kind: 's3', accessKeyId, secretAccessKey } as const;
  const vault: ChaosVault = {
    name: 'away',
    store: () => openS3Store(location, { region, credentials }),
    restic: { repository: `s3:${endpoint}/${name}/vault`, password, environment },
  };
  return { name, proxy, environment, vault };
}

/** Nothing is wrong with either vault, everything reported good is there as it was, and no lock is in the way. */
export async function expectAllGood(scene: ChaosScene): Promise<void> {
  for (const vault of scene.vaults) {
    await cliEnds(0, scene.cli, 'check', '--read-data', '--vault', vault.name);
    await expectNoLocks(vault);
    await resticMustSucceed(vault.restic, 'check', '--read-data');
    await using opened = await openVault(lookingInto(scene, vault));
    const { problems } = await opened.records();
    assert.deepEqual(problems, [], `records of ${vault.name}`);
    await expectPoints(scene, vault, opened);
  }
}

export async function expectNoLocks({ name, store }: ChaosVault): Promise<void> {
  await using opened = store();
  const left = await Array.fromAsync(opened.list('locks/'), ({ key }) => key);
  assert.deepEqual(left, [], `locks that are left in ${name}`);
}

function lookingInto({ root }: ChaosScene, { name, store }: ChaosVault) {
  return {
    ...{ store: store(), password, nowMs: Date.now, lockTiming: quickLocks, workers: 1 },
    stateFolder: join(root, 'look', name, 'state'),
    cacheDirectory: join(root, 'look', name, 'cache'),
  } satisfies Parameters<typeof openVault>[0] & VaultOptions;
}

async function expectPoints(scene: ChaosScene, { name }: ChaosVault, vault: Vault): Promise<void> {
  const snapshots = await vault.repository.snapshots();
  const listed = new Set(snapshots.map(({ id }) => id));
  const lost = [...scene.good.values()].filter(
    (point) => point.vault === name && !point.mayBeGone && !listed.has(point.snapshotId),
  );
  assert.deepEqual(lost, [], `points of ${name} that were reported good`);
  // those of which nobody heard are whole all the same
  for (const snapshot of snapshots) await expectRestored(scene, vault, snapshot);
}

async function expectRestored(scene: ChaosScene, vault: Vault, snapshot: Snapshot): Promise<void> {
  const target = join(scene.root, 'restored');
  const system = systems.find((each) => snapshot.paths.includes(join(scene.root, each)));
  const state = scene.states.findLast(({ sinceMs }) => sinceMs <= snapshot.timeMs);
  assert.ok(system && state, `snapshot ${snapshot.id} is of a system`);
  try {
    const { problems } = await restoreTo(vault.repository, snapshot, target);
    const differences = compareTrees(join(state.folder, system), join(target, scene.root, system));
    assert.deepEqual([problems, differences], [[], []], `snapshot ${snapshot.id} of ${system}`);
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}
