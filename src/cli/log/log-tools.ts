/** What commands about logs need of the engine that wrote them; it comes from the composition root. */
import type { LogArchive, LogReader } from '../../log-archive/log-archive.ts';

export interface LogTools {
  /** As the engine writes positions (`0/3000028`); `undefined` for what is none. */
  parsePosition(text: string): bigint | undefined;
  positionText(at: bigint): string;
  /** The branch of a number that a person gives: `00000002` for 2. */
  branchOf(timeline: number): string;
  /** Writes the log as files of the engine. */
  exportFiles(request: ExportRequest): Promise<ExportedFiles>;
  /** The ends of transactions around a moment, in the order of the log. */
  transactionsAround(log: LogReader, request: AroundRequest): Promise<AroundAnswer>;
  /** What the log file of the server says that transactions did, by their numbers. */
  statements(request: StatementsRequest): Promise<ReadonlyMap<number, readonly FoundStatement[]>>;
  /** Of a file that the server hands over; `undefined` for one that nothing needs. Raises SOURCE_INVALID. */
  readLogFile(name: string, bytes: Buffer): StoredLogFile | undefined;
  /** Raises LOG_GAP where the log goes on behind a hole. */
  findLogFile(log: LogReader, name: string, signal: AbortSignal): Promise<FoundLogFile>;
}

export interface StoredLogFile {
  /** Absent where the file does not tell. */
  readonly incarnation?: string;
  /** Durable when it resolves. Raises LOG_CONFLICT where other bytes are there. */
  readonly into: (log: LogArchive, signal: AbortSignal) => Promise<void>;
}

export type FoundLogFile =
  | { readonly kind: 'absent' }
  /** `bytes` and zeros behind them up to `size`. */
  | { readonly kind: 'file'; readonly size: number; readonly bytes: AsyncIterable<Uint8Array> };

export interface StatementsRequest {
  /** Absolute: a log file of the server. */
  readonly file: string;
  /** What stands in front of its lines, as the server's `log_line_prefix`. */
  readonly prefix: string;
  readonly transactions: readonly TransactionEnd[];
  readonly signal: AbortSignal;
}

export interface FoundStatement {
  readonly text: string;
  /** `time`: the only transaction that was committed while the statement ran. */
  readonly by: 'xid' | 'time';
}

export interface ExportRequest {
  readonly log: LogReader;
  /** Absolute. */
  readonly folder: string;
  readonly timeline?: number;
  readonly from?: bigint;
  readonly until?: bigint;
  readonly progress: (progress: {
    readonly doneFiles: number;
    readonly totalFiles: number;
    readonly doneBytes: number;
    readonly totalBytes: number;
  }) => void;
  readonly signal: AbortSignal;
}

export interface ExportedFiles {
  readonly segmentBytes: number;
  readonly written: readonly string[];
  readonly kept: readonly string[];
  readonly histories: readonly string[];
  readonly bytes: number;
  readonly partial: readonly string[];
  /** In words, both. */
  readonly lacks: readonly string[];
  readonly damage: readonly string[];
}

export interface AroundRequest {
  readonly atMs: number;
  /** On either side. */
  readonly withinMs: number;
  /** The nearest so many are kept. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface AroundAnswer {
  readonly transactions: readonly TransactionEnd[];
  /** More than the limit were found: those that are farther away are left out. */
  readonly isCut: boolean;
  /** Of ours; left out. */
  readonly heartbeats: number;
  /** Some log of that time is missing: there may have been more. */
  readonly isWhole: boolean;
  readonly bytesRead: number;
}

export interface TransactionEnd {
  readonly kind: 'commit' | 'abort';
  readonly timeline: number;
  readonly xid: number;
  /** By the clock of the server: microseconds since 1970. */
  readonly atUs: number;
  /** Of its record. */
  readonly start: bigint;
  readonly end: bigint;
  readonly subtransactions: readonly number[];
}
