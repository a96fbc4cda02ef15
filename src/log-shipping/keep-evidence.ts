/** Writes what happened into every vault of the log, in order, beside the shipping itself. */
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import type { RunContext, SystemIdentity } from '../evidence/run-context.ts';
import type { Vault } from '../vault/vault.ts';
import { recordOf } from './record-of.ts';
import type { ShippingEvent } from './shipping.ts';

/** Far more than happens while vaults are away; what is beyond is in the program's own log. */
const waitingMax = 1000;

export interface Evidence extends AsyncDisposable {
  readonly tell: (event: ShippingEvent) => void;
}

type EvidenceVault = Pick<Vault, 'id' | 'append'>;

export interface EvidenceOptions {
  readonly run: RunContext;
  readonly system: SystemIdentity;
  /** How many there are; what not all of them took is tried again with the next event. */
  readonly vaultCount: number;
  /** Those that can be written to now. */
  readonly vaults: () => Promise<readonly EvidenceVault[]>;
  readonly incarnation: () => string | undefined;
  /** Called once when something cannot be written down, and again only after that went well. */
  readonly warn: (words: string) => void;
}

interface Waiting {
  readonly event: ShippingEvent;
  /** Ids of vaults that have it, or whose state on this machine has it and sends it with the next record. */
  readonly takenBy: Set<string>;
}

/**
 * Raises nothing: evidence must not end the shipping. What a vault that cannot be opened, or a full disk, does not take
 * waits in memory for the next event; disposed it has tried all that it was told, and what waits then is given up.
 */
export function keepEvidence(options: EvidenceOptions): Evidence {
  let waiting: readonly Waiting[] = [];
  let hasNews = false;
  let isFailing = false;
  let writing: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    while (hasNews) {
      hasNews = false;
      const trouble = await writeAll(options, waiting);
      if (trouble !== undefined && !isFailing) options.warn(trouble);
      isFailing = trouble !== undefined;
      waiting = waiting.filter(({ takenBy }) => takenBy.size < options.vaultCount);
    }
    writing = undefined;
  };
  return {
    tell(event) {
      // what comes and goes by itself must not push out the rest
      if (recordOf(event, factsOf(options, '')) === undefined) return;
      waiting = [...waiting, { event, takenBy: new Set<string>() }].slice(-waitingMax);
      hasNews = true;
      writing ??= write();
    },
    async [Symbol.asyncDispose]() {
      await writing;
    },
  };
}

/** What kept it from being written, if anything did. */
async function writeAll(options: EvidenceOptions, waiting: readonly Waiting[]): Promise<string | undefined> {
  let trouble: string | undefined;
  try {
    for (const vault of await options.vaults())
      trouble = (await writeInto(options, vault, waiting)) ?? trouble;
  } catch (error) {
    trouble = wordsOf(options, error);
  }
  return trouble;
}

/** Up to the first that is not taken: they are written in order. */
async function writeInto(
  options: EvidenceOptions,
  vault: EvidenceVault,
  waiting: readonly Waiting[],
): Promise<string | undefined> {
  for (const { event, takenBy } of waiting) {
    if (takenBy.has(vault.id)) continue;
    const record = recordOf(event, factsOf(options, vault.id));
    try {
      if (record !== undefined) await vault.append(record);
    } catch (error) {
      if (!isKept(error)) return wordsOf(options, error);
    }
    takenBy.add(vault.id);
  }
  return undefined;
}

/** The vault's own refusal comes after the record was written down here; the system's comes before. */
function isKept(error: unknown): boolean {
  return error instanceof LifeboatError && !hasCode(error, 'PLAN_BUSY');
}

function factsOf({ run, system, incarnation }: EvidenceOptions, vaultId: string) {
  const life = incarnation();
  return { run, vaultId, system, ...(life === undefined ? {} : { incarnation: life }) };
}

function wordsOf({ run, system }: EvidenceOptions, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return run.redact(
    `what happens to the log of ${system.name} cannot be recorded: ${reason}; it is tried again with the next event`,
  );
}
