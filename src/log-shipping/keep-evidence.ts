/** Writes what happened into every vault of the log, in order, beside the shipping itself. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import type { RunContext, SystemIdentity } from '../evidence/run-context.ts';
import type { Vault } from '../vault/vault.ts';
import { recordOf } from './record-of.ts';
import type { ShippingEvent } from './shipping.ts';

/** Far more than happens while vaults are away; what is beyond is in the program's own log. */
const waitingMax = 1000;

export interface Evidence extends AsyncDisposable {
  readonly tell: (event: ShippingEvent) => void;
}

export interface EvidenceOptions {
  readonly run: RunContext;
  readonly system: SystemIdentity;
  /** Those that can be written to now. */
  readonly vaults: () => Promise<readonly Pick<Vault, 'id' | 'append'>[]>;
  readonly incarnation: () => string | undefined;
}

/** Disposed it has written all. A vault that takes nothing gets it with the next record: it waits in the state folder. */
export function keepEvidence({ run, system, vaults, incarnation }: EvidenceOptions): Evidence {
  const waiting: ShippingEvent[] = [];
  let writing: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift())
      for (const vault of await vaults()) await append(vault, event);
  };
  const append = async (vault: Pick<Vault, 'id' | 'append'>, event: ShippingEvent): Promise<void> => {
    const life = incarnation();
    const facts = { run, vaultId: vault.id, system, ...(life === undefined ? {} : { incarnation: life }) };
    const record = recordOf(event, facts);
    if (record === undefined) return;
    await vault.append(record).catch((error: unknown) => {
      if (!(error instanceof LifeboatError)) throw error;
    });
  };
  return {
    tell(event) {
      if (waiting.length < waitingMax) waiting.push(event);
      writing ??= write().finally(() => {
        writing = undefined;
      });
    },
    async [Symbol.asyncDispose]() {
      await writing;
    },
  };
}
