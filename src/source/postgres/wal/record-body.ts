/**
 * Reads what matters of a record's body: ends of transactions, messages, and what the log says of itself. Sources:
 * src/include/access/{xlogrecord,xact,xlog_internal}.h, catalog/pg_control.h, replication/message.h; versions 13 to 18.
 */
import { rmgrs, type WalBody, type WalTransactionEnd } from './wal-record.ts';

/** Of a message no more than this is kept. */
export const messageBytesMax = 64 * 1024;
/** Ends of transactions list their subtransactions, dropped files and invalidations: each is small, but many may be. */
const transactionBytesMax = 64 * 1024 * 1024;
const controlBytesMax = 4096;

const xlogKinds = {
  checkpointShutdown: 0x00,
  checkpointOnline: 0x10,
  switch: 0x40,
  backupEnd: 0x50,
  parameterChange: 0x60,
  restorePoint: 0x70,
  endOfRecovery: 0x90,
} as const;
const toldOfXlog: ReadonlySet<number> = new Set(Object.values(xlogKinds));

const transactionKinds = {
  commit: 0x00,
  prepare: 0x10,
  abort: 0x20,
  commitPrepared: 0x30,
  abortPrepared: 0x40,
};
const other: WalBody = { kind: 'other' };
/** Microseconds from 1970 to 2000, when PostgreSQL's clock begins. */
const postgresEpochUs = 946_684_800_000_000;

/** How many bytes of the body of such a record `parseRecordBody` wants to see; 0 for none. */
export function bodyBytesWanted(rmgr: number, info: number): number {
  if (rmgr === rmgrs.transaction)
    return (info & 0x70) <= transactionKinds.abortPrepared ? transactionBytesMax : 0;
  if (rmgr === rmgrs.logicalMessage) return messageBytesMax;
  if (rmgr === rmgrs.xlog) return toldOfXlog.has(info & 0xf0) ? controlBytesMax : 0;
  return 0;
}

export interface RecordHead {
  readonly rmgr: number;
  readonly info: number;
  readonly xid: number;
}

/**
 * `body` is what follows the record's header, cut at `bodyBytesWanted`. What has not the shape that is known, as an
 * offshoot of PostgreSQL may write it, is `other`.
 */
export function parseRecordBody(head: RecordHead, body: Uint8Array, version: number): WalBody {
  try {
    return parseKnown(head, body, version);
  } catch (error) {
    if (error instanceof RangeError) return other;
    throw error;
  }
}

function parseKnown(head: RecordHead, body: Uint8Array, version: number): WalBody {
  const data = mainData(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  if (data === undefined) return other;
  if (head.rmgr === rmgrs.transaction) return parseTransaction(head, data, version);
  if (head.rmgr === rmgrs.logicalMessage) return parseMessage(data);
  return parseXlog(head.info & 0xf0, data);
}

/** The data of the manager itself lies behind the headers; `undefined` for a record with pages, which tells nothing here. */
function mainData(body: Buffer): Buffer | undefined {
  let at = 0;
  if (body[at] === 253) at += 3;
  if (body[at] === 252) at += 5;
  if (body[at] === 255) return body.subarray(at + 2);
  if (body[at] === 254) return body.subarray(at + 5);
  return at === body.length ? body.subarray(at) : undefined;
}

function parseTransaction(head: RecordHead, data: Buffer, version: number): WalBody {
  const kind = head.info & 0x70;
  if (kind === transactionKinds.prepare)
    return { kind: 'prepare', xid: data.readUInt32LE(8), atUs: timeAt(data, 16) };
  const isCommit = kind === transactionKinds.commit || kind === transactionKinds.commitPrepared;
  return { kind: isCommit ? 'commit' : 'abort', ...parseTransactionEnd(head, data, version) };
}

/** A commit or an abort: a time, then, as flags say, blocks of which each begins with how many entries it has. */
function parseTransactionEnd(
  head: RecordHead,
  data: Buffer,
  version: number,
): Omit<WalTransactionEnd, 'kind'> {
  const atUs = timeAt(data, 0);
  if ((head.info & 0x80) === 0) return { xid: head.xid, atUs, subtransactions: [] };
  const flags = data.readUInt32LE(8);
  let at = 12;
  if (flags & 0x01) at += 8;
  let subtransactions: readonly number[] = [];
  if (flags & 0x02) {
    const count = data.readUInt32LE(at);
    if (at + 4 + count * 4 > data.length) throw new RangeError('more subtransactions than the record holds');
    subtransactions = Array.from({ length: count }, (_, index) => data.readUInt32LE(at + 4 + index * 4));
    at += 4 + count * 4;
  }
  if (flags & 0x04) at += 4 + data.readUInt32LE(at) * 12;
  if (flags & 0x100) at += 4 + data.readUInt32LE(at) * (version >= 18 ? 16 : 12);
  if (flags & 0x08) at += 4 + data.readUInt32LE(at) * 16;
  return { xid: flags & 0x10 ? data.readUInt32LE(at) : head.xid, atUs, subtransactions };
}

function parseMessage(data: Buffer): WalBody {
  const prefixBytes = Number(data.readBigUInt64LE(8));
  const contentBytes = Number(data.readBigUInt64LE(16));
  if (24 + prefixBytes > data.length) return other;
  return {
    kind: 'message',
    // The prefix ends with a zero.
    prefix: data.toString('utf8', 24, 24 + prefixBytes - 1),
    content: Uint8Array.from(data.subarray(24 + prefixBytes, 24 + prefixBytes + contentBytes)),
    isTransactional: data[4] !== 0,
  };
}

function parseXlog(kind: number, data: Buffer): WalBody {
  switch (kind) {
    case xlogKinds.checkpointShutdown:
    case xlogKinds.checkpointOnline:
      return {
        kind: 'checkpoint',
        isShutdown: kind === xlogKinds.checkpointShutdown,
        redo: data.readBigUInt64LE(0),
        timeline: data.readUInt32LE(8),
        previousTimeline: data.readUInt32LE(12),
        // The time of a checkpoint is in seconds since 1970, unlike all others.
        atUs: Number(data.readBigInt64LE(64)) * 1_000_000,
      };
    case xlogKinds.switch:
      return { kind: 'switch' };
    case xlogKinds.backupEnd:
      return { kind: 'backup-end', startedAt: data.readBigUInt64LE(0) };
    case xlogKinds.parameterChange:
      return { kind: 'parameters', settings: parseParameters(data) };
    case xlogKinds.restorePoint:
      return { kind: 'restore-point', name: zeroEnded(data.subarray(8)), atUs: timeAt(data, 0) };
    case xlogKinds.endOfRecovery:
      return {
        kind: 'end-of-recovery',
        atUs: timeAt(data, 0),
        timeline: data.readUInt32LE(8),
        previousTimeline: data.readUInt32LE(12),
      };
    default:
      return other;
  }
}

function parseParameters(data: Buffer) {
  return {
    max_connections: data.readInt32LE(0),
    max_worker_processes: data.readInt32LE(4),
    max_wal_senders: data.readInt32LE(8),
    max_prepared_transactions: data.readInt32LE(12),
    max_locks_per_transaction: data.readInt32LE(16),
  };
}

function timeAt(data: Buffer, at: number): number {
  return Number(data.readBigInt64LE(at)) + postgresEpochUs;
}

function zeroEnded(data: Buffer): string {
  const end = data.indexOf(0);
  return data.toString('utf8', 0, end < 0 ? data.length : end);
}
