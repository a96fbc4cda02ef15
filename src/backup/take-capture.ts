/** One capture made into a snapshot; where the source can, only what changed since the snapshot before is read. */
import { hasCode } from '../error/lifeboat-error.ts';
import type { BackupRecord, CopyRecord, RunRecord } from '../evidence/record.ts';
import { encodeManifest, manifestFile, manifestFolder } from '../recovery-point/manifest.ts';
import type { RepositoryWriter, SavedSnapshot, Snapshot } from '../repository/repository-types.ts';
import type { Capture, CaptureResult, EarlierCapture } from '../source/source.ts';
import type { Vault } from '../vault/vault.ts';
import type { BackupRequest } from './backup-request.ts';
import { recordDamage } from './read-back-snapshot.ts';

export interface Before {
  readonly readAll: boolean;
  readonly parent?: Snapshot;
  /** Of the vault, as they were a moment ago. */
  readonly records: readonly RunRecord[];
}

export interface Taken {
  readonly saved: SavedSnapshot;
  readonly result: CaptureResult;
}

/** What cannot be made of the snapshot before, because it is damaged, is read as a whole. */
export async function take(request: BackupRequest, startMs: number, before: Before): Promise<Taken> {
  const earlier = earlierCapture(request, before);
  const use: BaseUse = { isUsed: false };
  try {
    return await takeOnce(request, startMs, before, { ...earlier, use });
  } catch (error) {
    if (!use.isUsed || !hasCode(error, ...baseFaults) || request.signal?.aborted) throw error;
    await recordDamage(request, error, startMs);
    const { read: _read, ...known } = earlier;
    return await takeOnce(request, startMs, before, { ...known, use: { isUsed: false } });
  }
}

const baseFaults = ['OBJECT_DAMAGED', 'OBJECT_MISSING', 'PATH_NOT_FOUND'] as const;

/** Whether the source asked for a file of the snapshot before: only then must that be whole. */
interface BaseUse {
  isUsed: boolean;
}

async function takeOnce(
  request: BackupRequest,
  startMs: number,
  before: Before,
  { read, use, ...known }: EarlierCapture & { readonly use: BaseUse },
): Promise<Taken> {
  const earlier: EarlierCapture = { ...known, ...(read === undefined ? {} : { read: noting(read, use) }) };
  await using taken = await request.source.capture(request.signal, earlier);
  const saved = await save(request, taken, startMs, { ...before, isBase: use.isUsed });
  return { saved, result: await taken.result() };
}

type ReadFile = NonNullable<EarlierCapture['read']>;

function noting(read: ReadFile, use: BaseUse): ReadFile {
  return async (path, signal) => {
    use.isUsed = true;
    return await read(path, signal);
  };
}

function earlierCapture(
  { vault, run, system }: BackupRequest,
  { parent, readAll, records }: Before,
): EarlierCapture {
  const captures = records
    .filter(isCapture)
    .filter((record) => record.system === system.name && record.planId === run.plan.id)
    .toSorted((a, b) => (a.capturedAtMs ?? 0) - (b.capturedAtMs ?? 0));
  const position = captures.findLast((record) => record.position !== undefined)?.position;
  // what was damaged at its source would be taken over, and nobody would look at it again
  const isWhole = captures.some(({ snapshotId, verdict }) => snapshotId === parent?.id && verdict === 'pass');
  return {
    ...(position === undefined ? {} : { position }),
    ...(parent === undefined || readAll || !isWhole ? {} : { read: readerOf(vault, parent) }),
  };
}

function isCapture(record: RunRecord): record is BackupRecord | CopyRecord {
  return (record.type === 'backup' || record.type === 'copy') && record.snapshotId !== undefined;
}

function readerOf(vault: Vault, snapshot: Snapshot): ReadFile {
  return async (path, signal) => {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of vault.repository.dump(snapshot, path, signal)) pieces.push(piece);
    } catch (error) {
      if (!hasCode(error, 'PATH_NOT_FOUND')) throw error;
      return undefined;
    }
    return Buffer.concat(pieces);
  };
}

async function save(
  request: BackupRequest,
  taken: Capture,
  startMs: number,
  { readAll, parent, isBase }: Before & { readonly isBase: boolean },
): Promise<SavedSnapshot> {
  const { vault, run, system, identity, signal, progress } = request;
  const tags = [`plan:${run.plan.id}`, `system:${system.name}`, `run:${run.runId}`];
  const saving = (writer: RepositoryWriter): Promise<SavedSnapshot> =>
    writer.saveSnapshot({
      events: taken.events,
      extraFile: async (seen) => ({
        path: [manifestFolder, manifestFile],
        bytes: encodeManifest({
          version: 1,
          system: system.name,
          systemHash: system.hash,
          planId: run.plan.id,
          planHash: run.plan.hash,
          runId: run.runId,
          ...manifestFacts(await taken.result()),
          contents: seen,
        }),
      }),
      time: new Date(startMs).toISOString(),
      paths: request.paths,
      ...identity,
      tags,
      ...(request.excludes === undefined ? {} : { excludes: request.excludes }),
      readAll,
      ...(parent === undefined ? {} : { parent }),
      ...(parent === undefined || !isBase ? {} : { base: parent }),
      ...(progress === undefined ? {} : { progress }),
    });
  return await vault.repository.write(saving, signal === undefined ? {} : { signal });
}

function manifestFacts({
  capturedAtMs,
  start,
  end,
  values,
}: CaptureResult): Pick<CaptureResult, 'capturedAtMs' | 'start' | 'end' | 'values'> {
  return { capturedAtMs, start, end, values };
}
