/**
 * Appends records to this machine's chain in one vault. The chain's head and links that are not in the vault
 * yet are kept in the state folder, written before the link is sent: a process that dies in between leaves a
 * link to be sent again under the same name with the same bytes, never a fork.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from '../error/assert.ts';
import { LifeboatError, systemErrorName } from '../error/lifeboat-error.ts';
import {
  appendToChain,
  type ChainHead,
  type ChainLink,
  emptyChain,
  isHead,
  linkKey,
  readLink,
} from '../evidence/chain.ts';
import { parseRecord, type RunRecord } from '../evidence/record.ts';
import { isObject } from '../evidence/record-fields.ts';
import { writeFileAtomically } from '../platform/atomic-file.ts';
import { tryLockFile } from '../platform/posix/file-lock.ts';
import { randomUuid } from '../platform/random.ts';
import { sleep } from '../platform/timers.ts';
import type { SealedObjects } from '../repository/repository-types.ts';
import { putBoth } from './put-both.ts';

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
  readonly undelivered: readonly WaitingLink[];
}

interface WaitingLink {
  readonly key: string;
  readonly base64: string;
}

const lockTriesMax = 200;
const lockWaitMs = 50;

/** Durable in the vault when the promise resolves; otherwise the record waits in the state folder. */
export async function appendRecord(options: EvidenceWriterOptions, record: RunRecord): Promise<void> {
  mkdirSync(options.stateFolder, { recursive: true, mode: 0o700 });
  using _lock = await lockWriter(options);
  const written = extend(loadState(options) ?? newWriter(options), record);
  await saveState(options, written);
  const state = (await isOvertaken(options, written)) ? beganAnew(options, written) : written;
  if (state !== written) await saveState(options, state);
  for (const { key, base64 } of state.undelivered)
    await putBoth(options.sealed, key, Buffer.from(base64, 'base64'));
  await saveState(options, { ...state, undelivered: [] });
}

/** The last link of this machine that the vault must have, so that links cut off the end of its chain are noticed. */
export function knownHead(options: EvidenceWriterOptions): ChainHead | undefined {
  const state = loadState(options);
  if (state === undefined) return undefined;
  const head = deliveredHead(state);
  return head.sequence === 0 ? undefined : head;
}

/** Links that wait may be in the vault or not: the one before them is. */
function deliveredHead({ head, undelivered }: WriterState): ChainHead {
  const [first] = undelivered;
  if (first === undefined) return head;
  const { writer, sequence, previous } = linkOf(first);
  return { writer, sequence: sequence - 1, hash: previous };
}

function extend(state: WriterState, record: RunRecord): WriterState {
  const { key, bytes, head } = appendToChain(state.head, record);
  return { ...state, head, undelivered: [...state.undelivered, { key, base64: bytes.toString('base64') }] };
}

/** Whether the vault has what this state is only about to write: then the state is an old copy of itself. */
async function isOvertaken({ sealed }: EvidenceWriterOptions, state: WriterState): Promise<boolean> {
  const own = new Set(state.undelivered.map(({ key }) => key));
  const { writer, sequence } = deliveredHead(state);
  for await (const { key } of sealed.list(linkKey(writer, sequence + 1, ''))) if (!own.has(key)) return true;
  return false;
}

/** What waits, in a new chain; the old one stays as it is. */
function beganAnew(options: EvidenceWriterOptions, { undelivered }: WriterState): WriterState {
  const records = undelivered.map((waiting) => parseRecord(linkOf(waiting).record));
  return records.reduce(extend, newWriter(options));
}

function linkOf({ base64 }: WaitingLink): ChainLink {
  return defined(readLink(Buffer.from(base64, 'base64')), 'link that waits to be delivered');
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

function newWriter({ vaultId, host }: EvidenceWriterOptions): WriterState {
  const writerId = randomUuid();
  return { writerId, head: emptyChain({ vaultId, host, writerId }), undelivered: [] };
}

/** A machine without this state, or with a damaged one, is a new writer. */
function loadState(options: EvidenceWriterOptions): WriterState | undefined {
  try {
    return parseState(JSON.parse(readFileSync(stateFile(options), 'utf8')));
  } catch (error) {
    if (systemErrorName(error) !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function parseState(json: unknown): WriterState | undefined {
  if (!isObject(json)) return undefined;
  const { writerId, head, undelivered } = json;
  if (typeof writerId !== 'string' || !isHead(head) || !Array.isArray(undelivered)) return undefined;
  return undelivered.every(isWaitingLink) ? { writerId, head, undelivered } : undefined;
}

function isWaitingLink(value: unknown): value is WaitingLink {
  if (!isObject(value) || typeof value['key'] !== 'string' || typeof value['base64'] !== 'string')
    return false;
  return readLink(Buffer.from(value['base64'], 'base64')) !== undefined;
}

async function saveState(options: EvidenceWriterOptions, state: WriterState): Promise<void> {
  await writeFileAtomically(stateFile(options), JSON.stringify(state), 0o600);
}

function stateFile({ stateFolder, vaultId }: EvidenceWriterOptions): string {
  return join(stateFolder, `writer-${vaultId}.json`);
}
