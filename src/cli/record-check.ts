import { damagedObjects } from '../evidence/damaged-objects.ts';
import type { CheckRecord, ReadCoverage } from '../evidence/record.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { sharedFields } from '../evidence/run-context.ts';
import { liesBeside } from '../recovery-point/fault-of-data.ts';
import type { CheckReport } from '../repository/repository-types.ts';
import type { Vault, VaultRecords } from '../vault/vault.ts';
import type { CliContext } from './cli-context.ts';
import { manualRun } from './manual-run.ts';

export interface DoneCheck {
  /** Everything that was found; `data`: of packs, index and snapshots alone. */
  readonly report: CheckReport;
  readonly data: CheckReport;
  readonly startMs: number;
  readonly readData: 'none' | 'part' | 'all';
  /** Snapshots that were there before it began. */
  readonly snapshotIds: readonly string[];
  /** Of a rolling check. */
  readonly coverage?: ReadCoverage;
}

/**
 * What was found counts for status: damage of the data puts every point of the vault in doubt, until it is read back or
 * restored again; without any those of which every byte was read are checked. A plain repository keeps no records. Returns
 * them as they are now.
 */
export async function recordCheck(context: CliContext, vault: Vault, done: DoneCheck): Promise<VaultRecords> {
  const { report, data, startMs, readData, snapshotIds, coverage } = done;
  const isSound = report.errors.length === 0;
  const isDataSound = data.errors.every(({ object }) => liesBeside(object));
  // packs in an archive class were not read: then no snapshot is known to be whole
  const isWhole = readData === 'all' && report.coldPackIds.length === 0;
  const scope = readData === 'all' && !isWhole ? 'part' : readData;
  const { nowMs } = context;
  const run = manualRun(context);
  const record: CheckRecord = {
    type: 'check',
    ...sharedFields(run, vault.id),
    ...recordTimes(startMs, nowMs()),
    verdict: isSound ? 'pass' : 'fail',
    scope: scope === 'none' ? 'structure' : scope,
    snapshotIds: isDataSound && isWhole ? snapshotIds : [],
    damagedSnapshotIds: [],
    ...damagedObjects(report.errors),
    ...(!isSound && isDataSound ? { dataSound: true } : {}),
    packsRead: report.packsRead,
    bytesRead: report.bytesRead,
    ...(coverage === undefined ? {} : { coverage }),
  };
  await vault.append(record);
  return await vault.records(context.signal);
}
