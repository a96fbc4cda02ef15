/** What one client may take of the server, so that no client can take it from the others. */
export interface RestLimits {
  /** Restic's packs have up to 128 MiB, and one blob more. */
  readonly objectBytesMax: number;
  /** Of all objects that are being received, and as much again of those being sent. */
  readonly memoryBytesMax: number;
  readonly connectionsMax: number;
  /** On one connection, sent before the answers to those before them were there. Clients of restic send none. */
  readonly requestsAheadMax: number;
  /** Lists are made whole in memory, and nobody knows before how large they are. */
  readonly listsAtOnceMax: number;
  readonly headerBytesMax: number;
  /** From the first byte of a request to the end of its head. */
  readonly headersTimeoutMs: number;
  /** A connection on which nothing moves for so long is closed. */
  readonly idleTimeoutMs: number;
  /** A body may take this to come or to be taken, and longer by what its length takes at `bodyBytesPerSecondMin`. */
  readonly bodyTimeoutMs: number;
  readonly bodyBytesPerSecondMin: number;
  /** At the end, what is under way may take this. */
  readonly endTimeoutMs: number;
}

const mib = 1024 * 1024;

export const usualLimits: RestLimits = {
  objectBytesMax: 192 * mib,
  memoryBytesMax: 384 * mib,
  connectionsMax: 256,
  requestsAheadMax: 4,
  listsAtOnceMax: 4,
  headerBytesMax: 16 * 1024,
  headersTimeoutMs: 20_000,
  idleTimeoutMs: 120_000,
  bodyTimeoutMs: 60_000,
  bodyBytesPerSecondMin: 8 * 1024,
  endTimeoutMs: 60_000,
};

/** How long so many bytes may be on their way. */
export function transferMsMax({ bodyTimeoutMs, bodyBytesPerSecondMin }: RestLimits, bytes: number): number {
  return Math.ceil(bodyTimeoutMs + (bytes / bodyBytesPerSecondMin) * 1000);
}
