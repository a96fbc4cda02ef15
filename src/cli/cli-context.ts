/** What commands get from the composition root: they know no adapter and open nothing by themselves. */
import type { Vault } from '../vault/vault.ts';
import type { Output } from './output.ts';

export interface CliContext {
  readonly output: Output;
  /** Aborted by the first signal; commands end with exit code 130. */
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly programVersion: string;
  /** Opens the vault at a location with the password that environment and options give. */
  openVault(request: VaultRequest): Promise<Vault>;
  /** Makes a new vault. */
  initVault(request: InitVaultRequest): Promise<Vault>;
}

export interface VaultRequest {
  readonly location: string;
  /** Wins over the environment's; from the plan's reference or a prompt, never from an argument. */
  readonly password?: string;
  readonly signal?: AbortSignal;
}

export interface InitVaultRequest extends VaultRequest {
  readonly role: 'primary' | 'secondary' | 'archive';
  /** Of another vault, so that the two deduplicate against each other. */
  readonly chunkerPolynomial?: bigint;
}
