/** The two vaults of a campaign of losses: a folder, on a small disk where that can be had, and a bucket behind a proxy. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { openS3Store } from '../../src/object-store/s3/s3-store.ts';
import { initVault, openVault } from '../../src/vault/open-vault.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { startMoto } from '../support/s3-server.ts';
import { quickKdf, quickLocks } from '../support/vault.ts';

/** As it goes to a process. */
export type VaultPlace =
  | { readonly name: string; readonly kind: 'local'; readonly path: string }
  | {
      readonly name: string;
      readonly kind: 's3';
      readonly bucket: string;
      readonly endpoint: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
    };

export interface LossVaults extends AsyncDisposable {
  /** For those who ship. */
  readonly places: readonly [VaultPlace, VaultPlace];
  /** Past the proxy. */
  readonly opened: readonly [Vault, Vault];
  readonly proxy: FaultProxy;
  /** Where the first vault lies, when that can be full. */
  readonly disk: string | undefined;
}

const password = 'a password of tests';
const diskBytes = '512m';

export async function makeLossVaults(folder: string): Promise<LossVaults> {
  await using owned = new AsyncDisposableStack();
  const disk = process.getuid?.() === 0 ? mountDisk(path.join(folder, 'disk'), owned) : undefined;
  const here: VaultPlace = { name: 'here', kind: 'local', path: path.join(disk ?? folder, 'here') };
  const server = owned.use(await startMoto());
  const proxy = owned.use(await startFaultProxy(server.endpoint));
  const { accessKeyId, secretAccessKey } = server;
  const bucket = await server.makeBucket();
  const straight: VaultPlace = {
    ...{ name: 'away', kind: 's3', bucket, accessKeyId, secretAccessKey },
    endpoint: server.endpoint,
  };
  const look = path.join(folder, 'look');
  const opened = [owned.use(await newVault(here, look)), owned.use(await newVault(straight, look))] as const;
  const rest = owned.move();
  return {
    places: [here, { ...straight, endpoint: proxy.origin }],
    ...{ opened, proxy, disk },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

function mountDisk(folder: string, undo: AsyncDisposableStack): string {
  fs.mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', folder]);
  undo.defer(() => {
    execFileSync('umount', [folder]);
  });
  return folder;
}

function storeOf(place: VaultPlace): ObjectStore {
  if (place.kind === 'local') return openLocalStore(place.path);
  const { bucket, endpoint, accessKeyId, secretAccessKey } = place;
  const credentials = { kind: 's3', accessKeyId, secretAccessKey } as const;
  const location = { kind: 's3', bucket, prefix: 'vault', endpoint } as const;
  return openS3Store(location, { region: 'us-east-1', credentials });
}

function optionsFor(place: VaultPlace, folder: string) {
  return {
    ...{ store: storeOf(place), password, nowMs: Date.now, lockTiming: quickLocks, workers: 1 },
    stateFolder: path.join(folder, 'state', place.name),
    cacheDirectory: path.join(folder, 'cache', place.name),
  };
}

async function newVault(place: VaultPlace, folder: string): Promise<Vault> {
  return await initVault({ ...optionsFor(place, folder), role: 'primary', kdf: quickKdf });
}

export async function openPlace(place: VaultPlace, folder: string): Promise<Vault> {
  return await openVault(optionsFor(place, folder));
}
