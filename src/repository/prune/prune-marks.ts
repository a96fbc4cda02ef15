/**
 * Marks: sealed objects of ours that say what a later sweep may remove, and nothing else changes. A writer that reads
 * them when it begins does not rely on what they give up, and may therefore let the sweep pass.
 * The bytes are described in `docs/formats/vault.md`.
 */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { randomHex } from '../../platform/random.ts';
import { isId } from '../layout.ts';
import { createSealedObjects } from '../sealed-objects.ts';
import { parseJson, type RepositoryAccess } from '../unpacked.ts';

const markPrefix = 'lifeboat/prune/mark-';
const formatVersion = 1;

export interface PruneMark {
  /** Its key in the store. */
  readonly name: string;
  /** When it was made: milliseconds since the epoch. */
  readonly timeMs: number;
  readonly packs: readonly MarkedPack[];
}

export interface MarkedPack {
  readonly id: string;
  /**
   * `unused`: all of it goes; `rewrite`: its places without a 1 in `gone` move to a new pack;
   * `unreferenced`: no index file names it.
   */
  readonly kind: 'unused' | 'rewrite' | 'unreferenced';
  /** What the vault gets back. */
  readonly bytes: number;
  /** How many places the pack has; another number than in the index makes the mark void for this pack. */
  readonly blobs: number;
  /** One bit a place in order of offsets, lowest bit of each byte first: 1 for those that go. Only for `rewrite`. */
  readonly gone?: Buffer;
  /** The store lets nobody delete it before: milliseconds since the epoch. */
  readonly retainedUntilMs?: number;
}

/** Whether the place at this position of the pack is given up. */
export function isGivenUp(pack: MarkedPack, position: number): boolean {
  if (pack.kind !== 'rewrite') return true;
  return (((pack.gone?.[position >> 3] ?? 0) >> (position & 7)) & 1) === 1;
}

export function bitsOf(flags: readonly boolean[]): Buffer {
  const bits = Buffer.alloc(Math.ceil(flags.length / 8));
  for (const [position, flag] of flags.entries())
    if (flag) bits[position >> 3] = (bits[position >> 3] ?? 0) | (1 << (position & 7));
  return bits;
}

export async function writeMark(
  access: RepositoryAccess,
  timeMs: number,
  packs: readonly MarkedPack[],
  signal?: AbortSignal,
): Promise<PruneMark> {
  const time = new Date(timeMs).toISOString();
  const name = `${markPrefix}${time.replaceAll(/[-:]|\.\d+/g, '')}-${randomHex(8)}`;
  const json = { format: formatVersion, time, packs: packs.map(encodePack) };
  await createSealedObjects(access).put(name, Buffer.from(JSON.stringify(json)), signal);
  return { name, timeMs, packs };
}

/** Oldest first. Raises OBJECT_DAMAGED naming the one that cannot be read. */
export async function loadMarks(access: RepositoryAccess, signal?: AbortSignal): Promise<PruneMark[]> {
  const marks: PruneMark[] = [];
  for (const name of await markNames(access, signal)) marks.push(await loadMark(access, name, signal));
  return marks;
}

/** Sorted, and so by time. */
export async function markNames(access: RepositoryAccess, signal?: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  for await (const { key } of access.store.list(markPrefix, signal)) names.push(key);
  return names.sort();
}

/** Raises OBJECT_MISSING, OBJECT_DAMAGED. */
export async function loadMark(
  access: RepositoryAccess,
  name: string,
  signal?: AbortSignal,
): Promise<PruneMark> {
  return decodeMark(name, parseJson(await createSealedObjects(access).get(name, signal), name));
}

export async function deleteMark(
  access: RepositoryAccess,
  mark: PruneMark,
  signal?: AbortSignal,
): Promise<void> {
  await access.store.delete(mark.name, signal);
}

/** Marked packs by their id; the oldest mark of a pack counts. */
export function packsOfMarks(marks: readonly PruneMark[]): Map<string, MarkedPack> {
  const packs = new Map<string, MarkedPack>();
  for (const mark of marks) for (const pack of mark.packs) if (!packs.has(pack.id)) packs.set(pack.id, pack);
  return packs;
}

function encodePack({ id, kind, bytes, blobs, gone, retainedUntilMs }: MarkedPack) {
  return {
    id,
    kind,
    bytes,
    blobs,
    ...(gone === undefined ? {} : { gone: gone.toString('base64') }),
    ...(retainedUntilMs === undefined ? {} : { retained_until: new Date(retainedUntilMs).toISOString() }),
  };
}

function decodeMark(name: string, json: unknown): PruneMark {
  const mark = recordOf(json, name);
  const { format, time, packs } = mark;
  if (format !== formatVersion) throw unreadable(name, 'was written by a newer Lifeboat');
  const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(timeMs) || !Array.isArray(packs)) throw unreadable(name, 'is no mark');
  return { name, timeMs, packs: packs.map((pack: unknown) => decodePack(recordOf(pack, name), name)) };
}

function decodePack(pack: Readonly<Record<string, unknown>>, name: string): MarkedPack {
  const { id, kind, bytes, blobs, gone, retained_until: retained } = pack;
  if (typeof id !== 'string' || !isId(id)) throw unreadable(name, 'names a pack that is none');
  if (kind !== 'unused' && kind !== 'rewrite' && kind !== 'unreferenced')
    throw unreadable(name, 'gives a reason that is none');
  if (typeof bytes !== 'number' || typeof blobs !== 'number') throw unreadable(name, 'lacks a figure');
  const retainedUntilMs = typeof retained === 'string' ? Date.parse(retained) : Number.NaN;
  return {
    id,
    kind,
    bytes,
    blobs,
    ...(typeof gone === 'string' ? { gone: Buffer.from(gone, 'base64') } : {}),
    ...(Number.isNaN(retainedUntilMs) ? {} : { retainedUntilMs }),
  };
}

function recordOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unreadable(name, 'is no mark');
  return value as Readonly<Record<string, unknown>>;
}

function unreadable(name: string, what: string): LifeboatError {
  return new LifeboatError('OBJECT_DAMAGED', `${name} ${what}`, {
    hint: 'A mark holds nothing but what may be removed later: delete it, and the next prune makes a new one.',
    details: { object: name },
  });
}
