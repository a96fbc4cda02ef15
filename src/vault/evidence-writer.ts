/**
 * Appends records to this machine's chain in one vault. The chain's head and links that are not in the vault
 * yet are kept in the state folder, written before the link is sent: a process that dies in between leaves a
 * link to be sent again under the same name with the same bytes, never a fork.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LifeboatError, systemErrorName } from '../error/lifeboat-error.ts';
import { appendToChain, type ChainHead, emptyChain } from '../evidence/chain.ts';
import type { RunRecord } from '../evidence/record.ts';
import { writeFileAtomically } from '../platform/atomic-file.ts';
import { tryLockFile } from '../platform/posix/file-lock.ts';
import { randomUuid } from '../platform/random.ts';
import { sleep } from '../platform/timers.ts';
import type { SealedObjects } from '../repository/repository-types.ts';

export interface EvidenceWriterOptions {
  readonly sealed: SealedObjects;
  readonly vaultId: string;
  readonly host: string;
  /** Belongs to this user alone; made when absent. */
  readonly stateFolder: string;
}

interface WriterState {
  readonly writerId: string;
  readonly head: ChainHead;
  readonly undelivered: readonly { readonly key: string; readonly base64: string }[];
}

const lockTriesMax = 200;
const lockWaitMs = 50;

/** Durable in the vault when the promise resolves; otherwise the record waits in the state folder. */
export async function appendRecord(options: EvidenceWriterOptions, record: RunRecord): Promise<void> {
  mkdirSync(options.stateFolder, { recursive: true, mode: 0o700 });
  using _lock = await lockWriter(options);
  const state = loadState(options);
  const { key, bytes, head } = appendToChain(state.head, record);
  const waiting = [...state.undelivered, { key, base64: bytes.toString('base64') }];
  await saveState(options, { ...state, head, undelivered: waiting });
  await deliver(options, waiting);
  await saveState(options, { ...state, head, undelivered: [] });
}

/** The head of this machine's chain, so that links cut off its end are noticed. */
export function knownHead(options: EvidenceWriterOptions): ChainHead | undefined {
  const state = loadState(options);
  return state.head.sequence === 0 ? undefined : state.head;
}

async function deliver(options: EvidenceWriterOptions, waiting: WriterState['undelivered']): Promise<void> {
  for (const { key, base64 } of waiting) await options.sealed.put(key, Buffer.from(base64, 'base64'));
}

async function lockWriter(options: EvidenceWriterOptions): Promise<Disposable> {
  for (let attempt = 1; attempt <= lockTriesMax; attempt++) {
    const lock = tryLockFile(`${stateFile(options)}.lock`);
    if (lock) return lock;
    await sleep(lockWaitMs);
  }
  throw new LifeboatError('PLAN_BUSY', 'another process has been writing a record for too long', {
    hint: 'Look for a Lifeboat process that hangs, end it, and run the command again.',
    retryable: true,
  });
}

function loadState(options: EvidenceWriterOptions): WriterState {
  try {
    return JSON.parse(readFileSync(stateFile(options), 'utf8')) as WriterState;
  } catch (error) {
    if (systemErrorName(error) !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
    // a machine without this state is a new writer: its chain begins anew, the old one stays as it is
    const writerId = randomUuid();
    return {
      writerId,
      head: emptyChain({ vaultId: options.vaultId, host: options.host, writerId }),
      undelivered: [],
    };
  }
}

async function saveState(options: EvidenceWriterOptions, state: WriterState): Promise<void> {
  await writeFileAtomically(stateFile(options), JSON.stringify(state), 0o600);
}

function stateFile({ stateFolder, vaultId }: EvidenceWriterOptions): string {
  return join(stateFolder, `writer-${vaultId}.json`);
}
