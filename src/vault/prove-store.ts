/**
 * Tries whether a store does what a vault needs of it: probes are written below `lifeboat/probe/`, read, listed,
 * replaced, deleted, retained, and removed again where that is allowed. What is found is evidence, not a guess from
 * what the store says about itself.
 */
import type { ErrorCode } from '../error/codes.ts';
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { StoreProbe } from '../evidence/vault-records.ts';
import type { ObjectStore } from '../object-store/object-store.ts';
import { monotonicMs } from '../platform/clock.ts';
import { randomBytes, randomHex } from '../platform/random.ts';
import { sleep as sleepOnTheClock } from '../platform/timers.ts';
import { proveCreateOnly } from './prove-create-only.ts';
import { proveDelete } from './prove-delete.ts';
import { proveRetention } from './prove-retention.ts';
import {
  failedBecause,
  isListed,
  type ProbeFinding,
  type ProveStoreOptions,
  type Proving,
  passed,
  probePrefix,
} from './proving.ts';

/**
 * The store must be given as it is, without a wrapper that refuses by itself. Raises only what an aborted signal
 * raises: whatever else goes wrong is a finding.
 */
export async function proveStore(
  store: ObjectStore,
  options: ProveStoreOptions,
): Promise<readonly StoreProbe[]> {
  const keys: string[] = [];
  const newKey = (): string => {
    const key = `${probePrefix}${options.nowMs()}-${randomHex(16)}`;
    keys.push(key);
    return key;
  };
  const proving: Proving = { sleep: sleepOnTheClock, ...options, store, newKey };
  const probes = await tryAll(proving);
  await removeProbes(proving, keys);
  return probes;
}

/** A failed probe counts most, then one that could not be carried out. */
export function verdictOf(probes: readonly StoreProbe[]): 'pass' | 'fail' | 'inconclusive' {
  const verdicts = probes.map(({ verdict }) => verdict);
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'pass';
}

const probeBytes = 4096;
const clockSkewMsMax = 60_000;

async function tryAll(proving: Proving): Promise<readonly StoreProbe[]> {
  const key = proving.newKey();
  const bytes = randomBytes(probeBytes);
  const aboutMs = proving.nowMs();
  const write = await probe(proving, 'write', async () => writeProbe(proving, key, bytes));
  if (write.verdict !== 'pass') return [write];
  return [
    write,
    await probe(proving, 'read', () => readBack(proving, key, bytes)),
    await probe(proving, 'list', () => seeInList(proving, key)),
    await probe(proving, 'create-only', () => proveCreateOnly(proving, key, bytes)),
    await probe(proving, 'clock', () => compareClocks(proving, key, aboutMs)),
    ...(proving.wantsRetention ? [await probe(proving, 'retention', () => proveRetention(proving))] : []),
    await probe(proving, 'delete', () => proveDelete(proving, key)),
  ];
}

/** Whoever may only add has to create; who may replace as well can do either. */
async function writeProbe({ store, appendOnly, signal }: Proving, key: string, bytes: Buffer) {
  const { createOnly } = store.abilities;
  if (appendOnly && createOnly) await createOnly.create(key, bytes, signal);
  else await store.put(key, bytes, signal);
  return passed;
}

/** A setting that is missing here, such as the region, is nothing that the store does wrong. */
const saysNothingOfTheStore: ReadonlySet<ErrorCode> = new Set(['ASSERTION', 'INTERNAL', 'CONFIG_INVALID']);

/** What cannot be reached says nothing about the store; what is refused does. */
async function probe(
  { signal }: Proving,
  name: string,
  act: () => Promise<ProbeFinding>,
): Promise<StoreProbe> {
  const startMs = monotonicMs();
  try {
    const finding = await act();
    return { name, ms: Math.round(monotonicMs() - startMs), ...finding };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof LifeboatError) || saysNothingOfTheStore.has(error.code)) throw error;
    const verdict = error.retryable ? 'inconclusive' : 'fail';
    return { name, verdict, message: error.message, ms: Math.round(monotonicMs() - startMs) };
  }
}

async function readBack({ store, signal }: Proving, key: string, bytes: Buffer): Promise<ProbeFinding> {
  const whole = await store.get(key, undefined, signal);
  if (!whole.equals(bytes)) return failedBecause('what was read is not what was written');
  const range = { offset: 1000, length: 100 };
  const part = await store.get(key, range, signal);
  if (!part.equals(bytes.subarray(1000, 1100)))
    return failedBecause('a part that was read is not the right one');
  const { size } = await store.stat(key, signal);
  if (size !== bytes.length) return failedBecause(`its size is told as ${size} instead of ${bytes.length}`);
  return passed;
}

const listTriesMax = 60;
const listAgainMs = 500;

/** Writers find each other's locks by listing: an object that lists show late is a lock that nobody sees. */
async function seeInList(proving: Proving, key: string): Promise<ProbeFinding> {
  const startMs = monotonicMs();
  for (let tries = 1; tries <= listTriesMax; tries += 1) {
    if (await isListed(proving, key)) {
      if (tries === 1) return passed;
      const ms = Math.round(monotonicMs() - startMs);
      return {
        ...failedBecause(`lists show a new object only after ${ms} ms, so writers miss each other`),
        ms,
      };
    }
    await proving.sleep(listAgainMs, proving.signal);
  }
  return failedBecause(`lists did not show a new object within ${(listTriesMax * listAgainMs) / 1000} s`);
}

/** Whether a lock is stale is told from its age. */
async function compareClocks(
  { store, nowMs, signal }: Proving,
  key: string,
  putAfterMs: number,
): Promise<ProbeFinding> {
  const { modifiedMs } = await store.stat(key, signal);
  if (modifiedMs === undefined)
    return { verdict: 'not-offered', message: 'the store does not tell its time' };
  const now = nowMs();
  const ms = Math.round(modifiedMs < putAfterMs ? modifiedMs - putAfterMs : Math.max(0, modifiedMs - now));
  if (Math.abs(ms) <= clockSkewMsMax) return { verdict: 'pass', ms };
  const by = `${Math.round(Math.abs(ms) / 1000)} s ${ms > 0 ? 'ahead of' : 'behind'}`;
  return {
    ...failedBecause(`the clock of the store is ${by} that of this machine; locks depend on them`),
    ms,
  };
}

/** Those of runs that were cut short, or that were retained, are an hour old at least: no other run needs them. */
const leftoverAfterMs = 3_600_000;
const leftoversMax = 200;

async function removeProbes(proving: Proving, ours: readonly string[]): Promise<void> {
  const { store, signal, nowMs } = proving;
  try {
    const old: string[] = [];
    for await (const { key } of store.list(probePrefix, signal)) {
      const madeMs = Number(key.slice(probePrefix.length).split('-')[0]);
      if (madeMs < nowMs() - leftoverAfterMs && old.length < leftoversMax) old.push(key);
    }
    for (const key of [...ours, ...old]) await removeProbe(proving, key);
  } catch (error) {
    signal?.throwIfAborted();
    // A few bytes stay; the next proof tries again. Whether deleting works was a probe of its own.
    if (!(error instanceof LifeboatError)) throw error;
  }
}

async function removeProbe({ store, signal }: Proving, key: string): Promise<void> {
  const { versions } = store.abilities;
  try {
    await store.delete(key, signal);
    if (versions === undefined) return;
    for (const { versionId } of await Array.fromAsync(versions.listVersions(key, signal))) {
      await versions.deleteVersion(key, versionId, signal);
    }
  } catch (error) {
    if (!hasCode(error, 'STORE_DENIED', 'OBJECT_RETAINED', 'STORE_APPEND_ONLY')) throw error;
  }
}
