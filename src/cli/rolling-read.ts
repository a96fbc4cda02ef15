/** Which packs a rolling check reads, and what is remembered of every check that read some. */
import type { RunRecord } from '../evidence/record.ts';
import { cacheDirectory } from '../platform/environment.ts';
import { suspectedPacks } from '../recovery-point/known-damage.ts';
import type { CheckOptions, CheckReport } from '../repository/repository-types.ts';
import { loadReadTimes, saveReadTimes } from '../vault/read-packs.ts';
import {
  type Coverage,
  coverageOf,
  coveragePercent,
  packsToReread,
  rereadWithinMsDefault,
} from '../vault/rolling-check.ts';
import type { Vault } from '../vault/vault.ts';
import { bytesText } from './quantity-text.ts';

/** `records` are those of the vault: packs that they call damaged are tried besides the share. */
export function rollingChoice(
  vault: Vault,
  records: readonly RunRecord[],
  withinMs: number,
  nowMs: number,
): NonNullable<CheckOptions['readData']> {
  const times = loadReadTimes(cacheDirectory(), vault.id, nowMs);
  const suspected = suspectedPacks(records, nowMs);
  return { choose: (sizes) => packsToReread({ sizes, times, suspected, withinMs, nowMs }) };
}

interface NoteOptions {
  readonly withinMs: number | undefined;
  readonly nowMs: number;
  /** Of the vault, as they were before this check; absent for a rescue. */
  readonly records?: readonly RunRecord[];
  /** Default true. */
  readonly keeps?: boolean;
}

/**
 * Keeps when packs were read, of those that are there; a pack that was read now and is wrong counts as not read.
 * `withinMs` is that of a rolling check; `keeps` is false for a rescue, which needs nothing of this machine. Returns how
 * far all reading together has come.
 */
export async function noteRead(
  vault: Vault,
  { packSizes: sizes, soundPackIds, coldPackIds, unknownBytes, errors }: CheckReport,
  { withinMs, nowMs, records = [], keeps = true }: NoteOptions,
): Promise<Coverage> {
  const before = loadReadTimes(cacheDirectory(), vault.id, nowMs);
  const packs = new Map([...before.packs].filter(([id]) => sizes.has(id)));
  for (const { object } of errors) packs.delete(object.slice(object.lastIndexOf('/') + 1));
  for (const id of soundPackIds) packs.set(id, nowMs);
  const rollingAtMs = withinMs === undefined ? before.rollingAtMs : nowMs;
  const cold = new Set([...(before.cold ?? [])].filter((id) => sizes.has(id)));
  for (const id of soundPackIds) cold.delete(id);
  for (const id of coldPackIds) cold.add(id);
  const times = { packs, cold, ...(rollingAtMs === undefined ? {} : { rollingAtMs }) };
  const isNews = withinMs !== undefined || soundPackIds.length > 0 || coldPackIds.length > 0;
  if (keeps && isNews) await saveReadTimes(cacheDirectory(), vault.id, times);
  const suspected = new Set(suspectedPacks(records, nowMs));
  // read right just now, whatever was found before
  for (const id of soundPackIds) suspected.delete(id);
  const coverage = coverageOf({
    sizes,
    times,
    suspected,
    withinMs: withinMs ?? rereadWithinMsDefault,
    nowMs,
  });
  return { ...coverage, ofBytes: coverage.ofBytes + unknownBytes };
}

const dayMs = 24 * 60 * 60 * 1000;

export function coverageText(coverage: Coverage): string {
  const days = Math.round(coverage.withinMs / dayMs);
  const time = days < 1 ? `${Math.round(coverage.withinMs / 3_600_000)} hours` : `${days} days`;
  return `${coveragePercent(coverage)}% re-read within the last ${time} (${bytesText(coverage.bytes)} of ${bytesText(coverage.ofBytes)})`;
}
