/** What commands get from the composition root: they know no adapter and open nothing by themselves. */
import type { ObjectStore } from '../object-store/object-store.ts';
import type { ResolvedVault } from '../plan/resolved-plan.ts';
import type { SecretReference } from '../plan/secret-reference.ts';
import type { Vault } from '../vault/vault.ts';
import type { AppAdapters, StoreAdapters } from './adapters.ts';
import type { DescribedCommand } from './command-spec.ts';
import type { Output } from './output.ts';

export interface CliContext<Adapters extends StoreAdapters = StoreAdapters> {
  readonly output: Output;
  /** Aborted by the first signal; commands end with exit code 130. */
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly programVersion: string;
  /** Absolute: what relative paths on the command line count from. */
  readonly folder: string;
  readonly adapters: Adapters;
  /** Opens the vault at a location with the password that environment and options give. */
  openVault(request: VaultRequest): Promise<Vault>;
  /** The bare store at a location, reached as the vault there would be. */
  openStore(request: VaultRequest): Promise<ObjectStore>;
  /** Makes a new vault. */
  initVault(request: InitVaultRequest): Promise<Vault>;
  /** Without echo; absent where no person can answer. Raises INTERRUPTED on Ctrl-C. */
  readonly askSecret?: (question: string) => Promise<string>;
  /** Every command with its spec, for help and completion. */
  describeCommands(): Promise<readonly DescribedCommand[]>;
}

/** For commands that capture or work under a plan. */
export type AppContext = CliContext<AppAdapters>;

export interface VaultRequest {
  /** In the plan. */
  readonly name?: string;
  /** As typed or as in the plan. */
  readonly location: string;
  /** Absolute; a relative location counts from it. Default: the context's folder. */
  readonly folder?: string;
  /** Wins over everything; made or typed just now, never from an argument. */
  readonly password?: string;
  /** From the plan; used when the environment gives no password. Relative paths in it count from `folder`. */
  readonly passwordReference?: SecretReference;
  /** What the plan says about the place: how its store is reached. */
  readonly declared?: ResolvedVault['declared'];
  /** Whose chain of records is continued; absent for work without a plan. */
  readonly planId?: string;
  readonly signal?: AbortSignal;
}

export interface InitVaultRequest extends VaultRequest {
  readonly role: 'primary' | 'secondary' | 'archive';
  /** Of another vault, so that the two deduplicate against each other. */
  readonly chunkerPolynomial?: bigint;
}
