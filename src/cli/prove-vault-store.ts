/** Proves the store of a vault and keeps what was found as evidence in it. */

import { LifeboatError } from '../error/lifeboat-error.ts';
import { recordTimes } from '../evidence/record-common.ts';
import { type RunContext, sharedFields } from '../evidence/run-context.ts';
import type { StoreProbe, StoreRecord } from '../evidence/vault-records.ts';
import { nowMs as wallClockMs } from '../platform/clock.ts';
import { proveStore, verdictOf } from '../vault/prove-store.ts';
import type { Vault } from '../vault/vault.ts';
import type { CliContext, VaultRequest } from './cli-context.ts';
import { manualRun } from './manual-run.ts';
import { whatIsWrong } from './run-due/owed-store-check.ts';

export interface ProvedStore {
  readonly kind: string;
  readonly location: string;
  readonly probes: readonly StoreProbe[];
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly startMs: number;
  readonly endMs: number;
}

/** Tries the store as it is, beneath what Lifeboat itself would refuse. There need not be a vault yet. */
export async function proveStoreOf(context: CliContext, request: VaultRequest): Promise<ProvedStore> {
  const { declared } = request;
  const startMs = context.nowMs();
  await using store = await context.openStore(withoutRefusals(request));
  const probes = await proveStore(store, {
    appendOnly: declared?.append_only === true,
    wantsRetention: declared?.immutability !== undefined && declared.immutability.mode !== 'offline',
    // this machine's own clock is what is compared with the store's
    nowMs: wallClockMs,
    signal: request.signal ?? context.signal,
  });
  const { facts, location } = store;
  return { kind: facts.kind, location, probes, verdict: verdictOf(probes), startMs, endMs: context.nowMs() };
}

/** Of a vault that was just made. A store that is unfit is told: the vault is there, and nothing is in it yet. */
export async function proveNewVault(context: CliContext, vault: Vault, request: VaultRequest): Promise<void> {
  try {
    const proved = await proveStoreOf(context, request);
    const error = unproved(proved);
    if (error) context.output.warn(`${error.message}. ${error.hint ?? ''}`.trimEnd());
    await recordProof(context, vault, proved);
  } catch (error) {
    if (context.signal.aborted || !(error instanceof LifeboatError)) throw error;
    context.output.warn(`the store of ${vault.location} could not be proved: ${error.message}`);
  }
}

/** The plan's own retention would keep every probe for as long as the data. */
function withoutRefusals(request: VaultRequest): VaultRequest {
  const { append_only: _adds, immutability: _retains, ...declared } = request.declared ?? {};
  return { ...request, declared };
}

/** Without a plan the record belongs to a run of its own. A plain repository keeps none. */
export async function recordProof(
  context: CliContext,
  vault: Vault,
  proved: ProvedStore,
  run: RunContext = manualRun(context),
): Promise<void> {
  const { kind, probes, verdict, startMs, endMs } = proved;
  const record: StoreRecord = {
    type: 'store',
    ...sharedFields(run, vault.id),
    ...recordTimes(startMs, endMs),
    verdict,
    kind,
    probes: probes.map((probe) =>
      probe.message === undefined ? probe : { ...probe, message: context.output.redact(probe.message) },
    ),
  };
  await vault.append(record);
}

/** What speaks against relying on the store; `undefined` when every probe passed. */
export function unproved(
  proved: ProvedStore,
  next = `Run \`lifeboat vault check --vault ${proved.location}\` to see every probe.`,
): LifeboatError | undefined {
  switch (proved.verdict) {
    case 'pass':
      return undefined;
    case 'fail':
      return unfit(proved, next);
    case 'inconclusive':
      return new LifeboatError(
        'STORE_UNAVAILABLE',
        `${proved.location} could not be proved: ${whatIsWrong(proved)}`,
        {
          hint: `Run \`lifeboat vault check --vault ${proved.location}\` when the store answers.`,
        },
      );
  }
}

function unfit(proved: Pick<ProvedStore, 'location' | 'probes'>, next: string): LifeboatError {
  return new LifeboatError('STORE_UNFIT', `${proved.location}: ${whatIsWrong(proved)}`, {
    hint: `${next} Do not rely on this vault before it passes.`,
    details: { probes: proved.probes.filter(({ verdict }) => verdict === 'fail').map(({ name }) => name) },
  });
}
