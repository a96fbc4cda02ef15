/** Opens and makes vaults: a repository with records and plans beside it. */
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { StoreUse } from '../evidence/record.ts';
import { listLogs } from '../log-archive/list-logs.ts';
import { openLogArchive } from '../log-archive/open-log-archive.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { hostname } from '../platform/host.ts';
import { randomUuid } from '../platform/random.ts';
import {
  type InitOptions,
  initRepository,
  type OpenOptions,
  openRepository,
  refuseExisting,
} from '../repository/repository.ts';
import type { Repository } from '../repository/repository-types.ts';
import { archiveAccess } from './archive-access.ts';
import { appendRecord, type EvidenceWriterOptions, knownHead } from './evidence-writer.ts';
import { findVaultFile } from './find-vault-file.ts';
import { rememberLocation } from './known-history.ts';
import { createPlanArchive } from './plan-archive.ts';
import { probePrefix } from './proving.ts';
import { rereadAfterMs } from './read-packs.ts';
import { readRecords } from './read-records.ts';
import { readVaultFile } from './read-vault-file.ts';
import { type CachedRecords, loadRecordCache, saveRecordCache } from './record-cache.ts';
import { createSpares } from './spares.ts';
import type { Vault, VaultRecords } from './vault.ts';
import { encodeVaultFile, type VaultFile, type VaultRole, vaultFileKey } from './vault-file.ts';
import { vaultParts } from './vault-parts.ts';

const noUse: StoreUse = { puts: 0, gets: 0, stats: 0, lists: 0, deletes: 0, bytesPut: 0, bytesGot: 0 };

export interface VaultOptions {
  /** Where this machine's chains are continued; a folder per plan, or one for work without a plan. */
  readonly stateFolder: string;
  readonly cacheDirectory: string;
  readonly nowMs: () => number;
  /** What the store counts, always current; absent: nothing is known of requests. */
  readonly counts?: StoreUse;
}

/** Raises what opening a repository raises, and VAULT_UNSUPPORTED. A plain restic repository opens as well. */
export async function openVault(options: OpenOptions & VaultOptions): Promise<Vault> {
  const repository = await openRepository(options);
  const { store, cacheDirectory, signal } = options;
  const file = await findVaultFile({ store, sealed: repository.sealed, cacheDirectory }, signal);
  return vaultOf(options, options.store, repository, file);
}

/**
 * Raises VAULT_EXISTS. The repository's config comes last: wherever an init is cut off before it, the place is no
 * vault yet and init can be repeated; a config without `vault.json` would be a plain repository for ever.
 */
export async function initVault(
  options: InitOptions & VaultOptions & { readonly role: VaultRole },
): Promise<Vault> {
  const { store, signal } = options;
  await refuseExisting(store, signal);
  await refuseSealed(store, signal);
  const created = new Date(options.nowMs()).toISOString();
  const file: VaultFile = { format: 1, id: randomUuid(), role: options.role, created };
  const written = await putVaultFile(store, file, signal);
  const repository = await initRepository(options);
  const vault = vaultOf(options, store, repository, written);
  await vault.spares?.refresh(signal);
  return vault;
}

/** Where nothing can be replaced, an init that was cut off is continued with the file that it left. */
async function putVaultFile(store: ObjectStore, file: VaultFile, signal?: AbortSignal): Promise<VaultFile> {
  try {
    await store.put(vaultFileKey, encodeVaultFile(file), signal);
    return file;
  } catch (error) {
    const left = hasCode(error, 'OBJECT_EXISTS') ? await readVaultFile(store, signal) : undefined;
    if (left?.role !== file.role) throw error;
    return left;
  }
}

/** Records and plans of another vault: a new key would not open them. */
async function refuseSealed(store: ObjectStore, signal?: AbortSignal): Promise<void> {
  for await (const { key } of store.list('lifeboat/', signal)) {
    if (key === vaultFileKey || key.startsWith(probePrefix)) continue;
    throw new LifeboatError('VAULT_EXISTS', `there are records of a vault at ${store.location} already`, {
      hint: 'Choose another location, or bring the rest of that vault back from another copy.',
      details: { object: key },
    });
  }
}

function vaultOf(
  options: VaultOptions,
  store: ObjectStore,
  repository: Repository,
  file: VaultFile | undefined,
): Vault {
  const id = file?.id ?? repository.id;
  const writer: EvidenceWriterOptions = {
    sealed: repository.sealed,
    vaultId: id,
    host: hostname(),
    stateFolder: options.stateFolder,
  };
  const spares =
    file && createSpares({ store, repository, file, knownRecords: () => knownRecords(options, id) });
  const archive = archiveAccess(store);
  let isFresh = false;
  return {
    id,
    ...(file === undefined ? {} : { file }),
    location: store.location,
    storeKind: store.facts.kind,
    storeUse: () => ({ ...(options.counts ?? noUse) }),
    repository,
    ...(archive === undefined ? {} : { archive }),
    plans: createPlanArchive(repository.sealed),
    log: (name, tell) =>
      openLogArchive({
        ...{ store, seal: repository.sealed, nowMs: options.nowMs, ...name },
        ...(tell === undefined ? {} : { tell }),
      }),
    logs: (signal) => listLogs(store, signal),
    ...(spares === undefined ? {} : { spares }),
    async append(record) {
      if (file === undefined) return;
      // keys that came since the last time, and vaults of before there were copies
      if (!isFresh) await spares?.refresh();
      isFresh = true;
      await appendRecord(writer, record);
    },
    parts: (signal) => vaultParts(store, signal),
    records: (signal) => readAndCache(options, repository, writer, signal),
    [Symbol.asyncDispose]: () => repository[Symbol.asyncDispose](),
  };
}

/** Their texts by key, also of those that are not there any more. */
function knownRecords({ cacheDirectory }: VaultOptions, vaultId: string): ReadonlyMap<string, string> {
  const known = loadRecordCache(cacheDirectory, vaultId);
  return new Map([...(known?.lost ?? []), ...(known?.links ?? [])].map(([key, { text }]) => [key, text]));
}

async function readAndCache(
  options: VaultOptions,
  repository: Repository,
  writer: EvidenceWriterOptions,
  signal?: AbortSignal,
): Promise<VaultRecords> {
  const { vaultId, sealed } = writer;
  const { cacheDirectory } = options;
  const readAtMs = options.nowMs();
  const kept = loadRecordCache(cacheDirectory, vaultId);
  const cache = usableCache(kept, readAtMs);
  // before the list is read: what others append meanwhile must not seem to be missing from it
  const own = knownHead(writer);
  const known = [...(kept?.heads ?? []), ...(own ? [own] : [])];
  const { records, problems, links, heads } = await readRecords(
    { sealed, vaultId, cached: cache?.links ?? new Map(), heads: known },
    signal,
  );
  const snapshotIds = await repository.snapshotIds(signal);
  await rememberLocation(cacheDirectory, repository.location, vaultId);
  const allReadAtMs = cache?.allReadAtMs ?? readAtMs;
  const before = [...(kept?.lost ?? []), ...(kept?.links ?? [])];
  const lost = new Map(before.filter(([key]) => !links.has(key)));
  const reading = { readAtMs, allReadAtMs, links, lost, heads, problems, snapshotIds };
  await saveRecordCache(cacheDirectory, vaultId, reading);
  return { records, problems, snapshotIds, readAtMs };
}

/** Records are fetched again after a week, so that what is changed or rots in the vault is noticed. */
function usableCache(cache: CachedRecords | undefined, nowMs: number): CachedRecords | undefined {
  if (cache === undefined || cache.allReadAtMs > nowMs) return undefined;
  return nowMs - cache.allReadAtMs < rereadAfterMs ? cache : undefined;
}
