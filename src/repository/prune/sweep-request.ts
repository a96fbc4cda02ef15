/**
 * Who wants the repository for itself, and may have it from those who can wait: one sealed object for each, under
 * `lifeboat/prune/request-…`. Our writers look for it and step aside; stock restic does not know it.
 */

import { hasCode } from '../../error/lifeboat-error.ts';
import { statIfThere } from '../../object-store/is-there.ts';
import { nowMs } from '../../platform/clock.ts';
import { randomHex } from '../../platform/random.ts';
import { decodeLockFile, type LockFile } from '../lock/lock-file.ts';
import { isProvablyStale, type LockOwner, lockFileOf } from '../lock/lock-owner.ts';
import { createSealedObjects } from '../sealed-objects.ts';
import { parseJson, type RepositoryAccess } from '../unpacked.ts';

const requestPrefix = 'lifeboat/prune/request-';

export interface SweepRequest {
  readonly key: string;
  readonly owner: LockFile;
  /** Names of the marks whose packs will go. A writer that did not know one of them when it began must not yield. */
  readonly marks: readonly string[];
}

/** A name for a new request. */
export function newRequestKey(): string {
  return `${requestPrefix}${randomHex(8)}`;
}

/** Writes the request, or writes it again so that it does not look left behind. */
export async function writeRequest(
  access: RepositoryAccess,
  key: string,
  owner: LockOwner,
  marks: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const json = { ...lockFileOf(owner, true, new Date(nowMs()).toISOString()), marks };
  await createSealedObjects(access).put(key, Buffer.from(JSON.stringify(json)), signal);
}

/** Requests of owners that may still be alive. What is no request any more is left out. */
export async function liveRequests(
  access: RepositoryAccess,
  me: LockOwner,
  signal?: AbortSignal,
): Promise<SweepRequest[]> {
  const requests: SweepRequest[] = [];
  for await (const { key } of access.store.list(requestPrefix, signal)) {
    const request = await readRequest(access, key, signal);
    if (request && !(await isLeftBehind(access, request, me, signal))) requests.push(request);
  }
  return requests;
}

/** Takes away what owners left that are provably dead, but not one's own. Nobody else needs them. */
export async function clearDeadRequests(
  access: RepositoryAccess,
  me: LockOwner,
  ownKey: string,
  signal?: AbortSignal,
): Promise<void> {
  for await (const { key } of access.store.list(requestPrefix, signal)) {
    if (key === ownKey) continue;
    const request = await readRequest(access, key, signal);
    if (!request || (await isLeftBehind(access, request, me, signal))) await access.store.delete(key, signal);
  }
}

/** `undefined` when it is gone or cannot be read: nobody can wait for what nobody understands. */
async function readRequest(
  access: RepositoryAccess,
  key: string,
  signal?: AbortSignal,
): Promise<SweepRequest | undefined> {
  try {
    const json = parseJson(await createSealedObjects(access).get(key, signal), key);
    const owner = decodeLockFile(json);
    return owner && { key, owner, marks: marksOf(json) };
  } catch (error) {
    if (hasCode(error, 'OBJECT_MISSING', 'OBJECT_DAMAGED')) return undefined;
    throw error;
  }
}

function marksOf(json: unknown): string[] {
  const marks = typeof json === 'object' && json !== null && 'marks' in json ? json.marks : [];
  return Array.isArray(marks) ? marks.filter((mark) => typeof mark === 'string') : [];
}

async function isLeftBehind(
  access: RepositoryAccess,
  { key, owner }: SweepRequest,
  me: LockOwner,
  signal?: AbortSignal,
): Promise<boolean> {
  const found = await statIfThere(access.store, key, signal);
  return found === undefined || isProvablyStale(owner, me, nowMs(), found.modifiedMs);
}
