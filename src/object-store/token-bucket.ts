import { assert } from '../error/assert.ts';

/**
 * Bytes that may be carried, filled up at a steady rate. Who wants many takes them in slices, in turn with all
 * others, so that a small request never waits for the whole of a large one.
 */
export interface TokenBucket {
  /** Resolves when all the bytes were granted; a caller whose signal is aborted leaves the queue. */
  take(bytes: number, signal?: AbortSignal): Promise<void>;
}

export interface TokenBucketOptions {
  readonly bytesPerSecond: number;
  readonly nowMs: () => number;
  readonly sleep: (durationMs: number) => Promise<void>;
}

interface Claim {
  restBytes: number;
  readonly grant: () => void;
}

/** How much of a second one slice is: small enough to take turns, large enough that timers keep up. */
const slicesPerSecond = 50;
/** How many slices may be saved up while nobody asks, and made up for when a timer was late. */
const savedSlicesMax = 5;
/** More waiting callers than this are a fault: whoever makes requests bounds how many are under way. */
const claimsMax = 100_000;

export function tokenBucket({ bytesPerSecond, nowMs, sleep }: TokenBucketOptions): TokenBucket {
  assert(bytesPerSecond > 0, 'some bytes may be carried');
  const sliceBytes = Math.max(1, bytesPerSecond / slicesPerSecond);
  const claims: Claim[] = [];
  let savedBytes = sliceBytes;
  let filledAtMs = nowMs();
  let isServing = false;

  function fill(): void {
    const now = nowMs();
    const since = Math.max(0, now - filledAtMs);
    savedBytes = Math.min(savedSlicesMax * sliceBytes, savedBytes + (since * bytesPerSecond) / 1000);
    filledAtMs = now;
  }

  async function serve(): Promise<void> {
    isServing = true;
    for (let claim = claims.shift(); claim !== undefined; claim = claims.shift()) {
      const bytes = Math.min(claim.restBytes, sliceBytes);
      for (fill(); savedBytes < bytes; fill()) {
        await sleep(Math.max(1, Math.ceil(((bytes - savedBytes) * 1000) / bytesPerSecond)));
      }
      savedBytes -= bytes;
      claim.restBytes -= bytes;
      if (claim.restBytes > 0) claims.push(claim);
      else claim.grant();
    }
    isServing = false;
  }

  return {
    async take(bytes, signal) {
      signal?.throwIfAborted();
      if (bytes <= 0) return;
      assert(claims.length < claimsMax, 'the queue of a bandwidth limit is bounded');
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          // what is being served ends with its slice
          claim.restBytes = 0;
          const at = claims.indexOf(claim);
          if (at >= 0) claims.splice(at, 1);
          reject(signal?.reason);
        };
        const grant = (): void => {
          signal?.removeEventListener('abort', leave);
          resolve();
        };
        const claim: Claim = { restBytes: bytes, grant };
        claims.push(claim);
        signal?.addEventListener('abort', leave, { once: true });
        if (!isServing) void serve();
      });
    },
  };
}
