/**
 * A ticket lets `lifeboat-archive-wal` and `lifeboat-restore-wal` do their work without a running Lifeboat, and without
 * the time that opening a vault takes: it says where the vaults are, and holds what opens a key file of its own in each
 * of them. It is as secret as a password; `lifeboat key remove` takes its keys away.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';

export interface WalTicket {
  readonly system: string;
  /** In how many vaults a file must be durable before it is taken. */
  readonly copies: number;
  /** The cluster whose log it is, where that was known: files of another one are refused. */
  readonly cluster?: string;
  readonly vaults: readonly TicketVault[];
}

export interface TicketVault {
  readonly name: string;
  /** Absolute: only vaults in folders have tickets. */
  readonly folder: string;
  readonly keyId: string;
  /** Of that key file: 64 bytes, in base64. */
  readonly wrapping: string;
}

const ticketVersion = 1;

export function ticketText(ticket: WalTicket): string {
  return JSON.stringify({ version: ticketVersion, ...ticket });
}

/** Raises CONFIG_INVALID for what `ticketText` did not write. */
export function parseTicket(text: string, file: string): WalTicket {
  const json = objectOf(parsed(text));
  const { version, system, copies, cluster, vaults } = json;
  const isTicket =
    version === ticketVersion &&
    typeof system === 'string' &&
    typeof copies === 'number' &&
    (cluster === undefined || typeof cluster === 'string') &&
    Array.isArray(vaults) &&
    vaults.length > 0;
  if (!isTicket) throw notOne(file);
  return {
    ...{ system, copies, vaults: vaults.map((each: unknown) => vaultOf(each, file)) },
    ...(cluster === undefined ? {} : { cluster }),
  };
}

function vaultOf(value: unknown, file: string): TicketVault {
  const { name, folder, keyId, wrapping } = objectOf(value);
  const isVault =
    typeof name === 'string' &&
    typeof folder === 'string' &&
    typeof keyId === 'string' &&
    /^[0-9a-f]{64}$/.test(keyId) &&
    typeof wrapping === 'string';
  if (!isVault) throw notOne(file);
  return { name, folder, keyId, wrapping };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function notOne(file: string): LifeboatError {
  return new LifeboatError('CONFIG_INVALID', `${file} is no ticket that this version can use`, {
    hint: 'Make a new one with `lifeboat log ticket`.',
  });
}
