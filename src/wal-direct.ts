/**
 * The smallest root: what `lifeboat-archive-wal` and `lifeboat-restore-wal` need to do their work themselves. It loads no
 * plan and opens no repository, for a server starts it for every file of its log.
 */
import { readFile } from 'node:fs/promises';
import { getLogFile, putLogFile, type WalGround } from './cli/log/wal-files.ts';
import { parseTicket, type TicketVault } from './cli/log/wal-ticket.ts';
import { hasCode, LifeboatError, systemErrorName } from './error/lifeboat-error.ts';
import { listLogs } from './log-archive/list-logs.ts';
import { openLogArchive } from './log-archive/open-log-archive.ts';
import { openLocalStore } from './object-store/local/local-store.ts';
import { nowMs } from './platform/clock.ts';
import { createSealedObjects } from './repository/sealed-objects.ts';
import { openWithWrapping } from './seal/key-file.ts';
import { inspectWalFile, storeWalFile } from './source/postgres/wal/archive-file.ts';
import { findWalFile } from './source/postgres/wal/find-wal-file.ts';

export interface DirectQuestion {
  readonly system?: string;
  readonly name: string;
  readonly cluster?: string;
}

/** Durable when it resolves. */
export async function putDirectly(ticket: string, question: DirectQuestion, bytes: Buffer): Promise<void> {
  const { name, cluster } = question;
  await putLogFile(await groundOf(ticket, question), { name, bytes, cluster }, endless);
}

export type DirectAnswer = { readonly absent: true } | { readonly size: number };

/** `take` gets all bytes of the file, before it resolves. */
export async function getDirectly(
  ticket: string,
  question: DirectQuestion,
  take: (bytes: Uint8Array) => void,
): Promise<DirectAnswer> {
  const { name, cluster } = question;
  const found = await getLogFile(await groundOf(ticket, question), { name, cluster }, endless);
  if (found.kind === 'absent') return { absent: true };
  let taken = 0;
  for await (const part of found.bytes) {
    take(part);
    taken += part.length;
  }
  take(Buffer.alloc(found.size - taken));
  return { size: found.size };
}

/** A server ends the program by a signal, and nothing is left to tidy up. */
const endless = new AbortController().signal;

async function groundOf(file: string, { system }: DirectQuestion): Promise<WalGround> {
  const ticket = parseTicket(await readTicket(file), file);
  if (system !== undefined && system !== ticket.system)
    throw new LifeboatError('USAGE', `the ticket is of the system ${ticket.system}, not of ${system}`, {
      hint: 'Make one for this system with `lifeboat log ticket`.',
    });
  return {
    system: ticket.system,
    copies: ticket.copies,
    expected: ticket.cluster,
    vaults: ticket.vaults.map((vault) => ({ name: vault.name, open: async () => await logsIn(vault) })),
    tools: {
      readLogFile(name, bytes) {
        const found = inspectWalFile(name, bytes);
        if (found.kind === 'not-needed') return undefined;
        return {
          ...(found.kind === 'segment' ? { incarnation: found.systemId } : {}),
          into: (log, signal) => storeWalFile(log, found, bytes, signal),
        };
      },
      findLogFile: findWalFile,
    },
  };
}

async function readTicket(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new LifeboatError(
      'PERMISSION_DENIED',
      `the ticket ${file} cannot be read: ${systemErrorName(error) ?? ''}`,
      {
        hint: 'Make one with `lifeboat log ticket`, and give it to the user of the server.',
        cause: error,
      },
    );
  }
}

/** Raises STORE_UNAVAILABLE where the vault is not there, and WRONG_PASSWORD where its key was removed. */
async function logsIn({ name, folder, keyId, wrapping }: TicketVault) {
  const store = openLocalStore(folder);
  const keyName = `keys/${keyId}`;
  const key = openWithWrapping(await readKey(store, keyName, name), Buffer.from(wrapping, 'base64'), keyName);
  if (key === undefined) throw withoutKey(name);
  const seal = createSealedObjects({ store, key, version: 2 });
  return {
    log: (of: { readonly system: string; readonly incarnation: string }) =>
      openLogArchive({ store, seal, nowMs, ...of }),
    logs: (signal?: AbortSignal) => listLogs(store, signal),
  };
}

async function readKey(
  store: ReturnType<typeof openLocalStore>,
  keyName: string,
  vault: string,
): Promise<Buffer> {
  try {
    return await store.get(keyName);
  } catch (error) {
    // a disk that is not mounted has no keys either: only one that has others lacks this one
    if (!hasCode(error, 'OBJECT_MISSING')) throw error;
    for await (const _ of store.list('keys/')) throw withoutKey(vault);
    throw new LifeboatError('STORE_UNAVAILABLE', `the vault ${vault} is not at ${store.location}`, {
      hint: 'See that its disk or share is mounted.',
      retryable: true,
      cause: error,
    });
  }
}

function withoutKey(vault: string): LifeboatError {
  return new LifeboatError('WRONG_PASSWORD', `the key of the ticket opens the vault ${vault} no more`, {
    hint: 'Make a new ticket with `lifeboat log ticket`.',
  });
}
