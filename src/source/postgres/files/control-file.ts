/**
 * `global/pg_control`: what a cluster is and where it stands, little-endian, on 64-bit machines. Three forms: 1300
 * (PostgreSQL 13 to 16), 1700 and 1800, of which only the last has its checksum elsewhere. Source: pg_control.h.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { crc32c } from '../wal/crc32c.ts';
import { isSegmentSize } from '../wal/segment-name.ts';
import type { WalParameters } from '../wal/wal-record.ts';

export interface ControlFile {
  readonly systemId: string;
  /** 1300, 1700 or 1800. */
  readonly formatVersion: number;
  readonly catalogVersion: number;
  readonly state: ClusterState;
  /** Seconds since 1970. */
  readonly writtenAtS: number;
  readonly checkpoint: {
    readonly at: bigint;
    readonly redo: bigint;
    readonly timeline: number;
    readonly previousTimeline: number;
    readonly timeS: number;
  };
  /** Replay must reach it before the data is consistent; 0 when that is not known. */
  readonly minRecoveryPoint: bigint;
  readonly minRecoveryTimeline: number;
  readonly backupStart: bigint;
  readonly backupEnd: bigint;
  readonly parameters: WalParameters;
  readonly walLevel: 'minimal' | 'replica' | 'logical';
  readonly blockBytes: number;
  readonly relationSegmentBlocks: number;
  readonly walBlockBytes: number;
  readonly segmentBytes: number;
  /** 0: pages have no checksums. */
  readonly checksumVersion: number;
}

export const clusterStates = [
  'starting up',
  'shut down',
  'shut down in recovery',
  'shutting down',
  'in crash recovery',
  'in archive recovery',
  'in production',
] as const;
export type ClusterState = (typeof clusterStates)[number];

const walLevels = ['minimal', 'replica', 'logical'] as const;
/** Where the checksum lies, by the version of the format. */
const checksumOffsets: ReadonlyMap<number, number> = new Map([
  [1300, 288],
  [1700, 288],
  [1800, 292],
]);

/** Raises SOURCE_DAMAGED when the checksum is wrong, SOURCE_UNSUPPORTED for a version that is not known. */
export function parseControlFile(bytes: Uint8Array): ControlFile {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkForm(data);
  const state = clusterStates[data.readUInt32LE(16)];
  const segmentBytes = data.readUInt32LE(228);
  if (state === undefined || !isSegmentSize(segmentBytes)) throw damaged('it holds values that cannot be');
  return {
    systemId: data.readBigUInt64LE(0).toString(),
    formatVersion: data.readUInt32LE(8),
    catalogVersion: data.readUInt32LE(12),
    state,
    writtenAtS: Number(data.readBigInt64LE(24)),
    checkpoint: readCheckpoint(data),
    minRecoveryPoint: data.readBigUInt64LE(136),
    minRecoveryTimeline: data.readUInt32LE(144),
    backupStart: data.readBigUInt64LE(152),
    backupEnd: data.readBigUInt64LE(160),
    walLevel: walLevels[data.readUInt32LE(172)] ?? 'minimal',
    parameters: readParameters(data),
    blockBytes: data.readUInt32LE(216),
    relationSegmentBlocks: data.readUInt32LE(220),
    walBlockBytes: data.readUInt32LE(224),
    segmentBytes,
    checksumVersion: data.readUInt32LE(252),
  };
}

function checkForm(data: Buffer): void {
  if (data.length < 296) throw damaged('it is cut off');
  const formatVersion = data.readUInt32LE(8);
  const offset = checksumOffsets.get(formatVersion);
  if (offset === undefined) {
    throw new LifeboatError('SOURCE_UNSUPPORTED', `pg_control has the unknown format ${formatVersion}`, {
      hint: 'Lifeboat knows PostgreSQL 13 to 18 on little-endian machines.',
    });
  }
  if (crc32c(data.subarray(0, offset)) !== data.readUInt32LE(offset)) throw damaged('its checksum is wrong');
}

function readCheckpoint(data: Buffer): ControlFile['checkpoint'] {
  return {
    at: data.readBigUInt64LE(32),
    redo: data.readBigUInt64LE(40),
    timeline: data.readUInt32LE(48),
    previousTimeline: data.readUInt32LE(52),
    timeS: Number(data.readBigInt64LE(104)),
  };
}

function readParameters(data: Buffer): WalParameters {
  return {
    max_connections: data.readInt32LE(180),
    max_worker_processes: data.readInt32LE(184),
    max_wal_senders: data.readInt32LE(188),
    max_prepared_transactions: data.readInt32LE(192),
    max_locks_per_transaction: data.readInt32LE(196),
  };
}

function damaged(why: string): LifeboatError {
  return new LifeboatError('SOURCE_DAMAGED', `pg_control is damaged: ${why}`, {
    hint: 'Restore another recovery point; a cluster cannot be started without this file.',
  });
}
