/**
 * Bytes that arrive on the main thread, on their way to the workers. They are copied once, into memory that all threads
 * see and that is filled again and again: handing it over by transfer took more time than copying.
 *
 * Glossary: a *piece* is what becomes one blob, cut by the main thread, so that any worker may take it; a *group* is
 * a part of that memory full of pieces, or of bytes of a stream that its worker cuts by content. Small pieces of many
 * files share groups: a message costs more than saving one of them.
 */
import { assert, defined, unreachable } from '../../error/assert.ts';
import { chunkBytesMin } from '../chunker/chunker.ts';
import { pageCutBytes } from './page-cut.ts';
import type { ReadContent } from './read-result.ts';
import type { FromSaveWorker, ToSaveWorker } from './save-protocol.ts';

const groupBytes = 4 * pageCutBytes;
const piecesPerGroupMax = 128;
/** Groups that workers have, so that each has the next at hand while it works on one. */
const groupsPerWorkerMax = 4;
const idDigits = 64;
/** Streams that are read at a time. */
export const readingMax = 16;

/** What the intake needs of the pool. `cost` is what a worker has to do, in bytes. */
export interface IntakePort<M extends { cost: number }> {
  readonly workers: number;
  leastLoaded(): M;
  post(member: M, message: ToSaveWorker): void;
  /** A worker has less to do, or a stream was read to its end. */
  onRoom(): void;
  throwFailure(): void;
}

/** For contents that are made piece by piece. */
export interface PieceSaver {
  savePiece(bytes: Uint8Array, kind?: 'pages'): Promise<PendingPiece>;
  whileReading<T>(work: () => Promise<T>): Promise<T>;
}

/** A piece that was handed over; who waits for its id must not hold up what fills the group. */
export interface PendingPiece {
  readonly id: Promise<string>;
}

type Kind = 'pages' | undefined;

interface Group<M> {
  readonly number: number;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** Workers that have it. */
  readonly known: Set<M>;
  used: number;
}

interface SentGroup<M> {
  readonly member: M;
  readonly cost: number;
  readonly ids: PromiseWithResolvers<readonly string[]>;
}

interface SharedGroup<M> {
  readonly group: Group<M>;
  readonly lengths: number[];
  readonly ids: PromiseWithResolvers<readonly string[]>;
}

interface OpenStream<M> {
  readonly member: M;
  readonly result: PromiseWithResolvers<ReadContent>;
}

export class StreamIntake<M extends { cost: number }> implements PieceSaver {
  readonly #port: IntakePort<M>;
  readonly #sent = new Map<number, SentGroup<M>>();
  readonly #streams = new Map<number, OpenStream<M>>();
  /** As many as were once in use at a time: one of each stream that is read, and those that were out. */
  readonly #spare: Group<M>[] = [];
  readonly #groups: Group<M>[] = [];
  readonly #shared = new Map<Kind, SharedGroup<M>>();
  #groupsOut = 0;
  #onReturn: PromiseWithResolvers<void> | undefined;
  #reading = 0;
  /** More streams may follow: small pieces wait for company. */
  #lingers = false;
  #nextNumber = 1;

  constructor(port: IntakePort<M>) {
    this.#port = port;
  }

  /** Whether another stream may be begun. */
  get hasRoom(): boolean {
    return this.#reading < readingMax;
  }

  /** Until the next `hurry` small pieces may wait for company. */
  linger(): void {
    this.#lingers = true;
  }

  /** Counts the work as a stream that is being read. */
  async whileReading<T>(work: () => Promise<T>): Promise<T> {
    this.#reading++;
    try {
      return await work();
    } finally {
      this.#reading--;
      if (!this.#lingers && this.#reading === 0) this.sendWaiting();
      this.#port.onRoom();
    }
  }

  async saveStream(source: AsyncIterable<Uint8Array>, cut?: 'pages'): Promise<ReadContent> {
    const read = () => (cut === 'pages' ? this.#readByPages(source) : this.#readByContent(source));
    const { size, content } = await this.whileReading(read);
    return { kind: 'content', content: await content(), size };
  }

  /** One blob, whatever its size up to a group's; the bytes are the caller's own again when the promise resolves. */
  async savePiece(bytes: Uint8Array, kind?: 'pages'): Promise<PendingPiece> {
    assert(bytes.length <= groupBytes, 'a piece fits into a group');
    while (!this.#fits(bytes, kind)) await this.#sendShared(kind);
    this.#port.throwFailure();
    const shared = this.#shared.get(kind) ?? this.#openShared(kind);
    shared.group.bytes.set(bytes, shared.group.used);
    shared.group.used += bytes.length;
    const at = shared.lengths.push(bytes.length) - 1;
    if (shared.lengths.length === piecesPerGroupMax) await this.#sendShared(kind);
    const id = shared.ids.promise.then((ids) => defined(ids[at], 'id of a piece'));
    id.catch(() => undefined);
    return { id };
  }

  #fits(bytes: Uint8Array, kind: Kind): boolean {
    const used = this.#shared.get(kind)?.group.used ?? 0;
    return used + bytes.length <= groupBytes;
  }

  /** No more streams come for the moment: nothing waits for company. */
  hurry(): void {
    this.#lingers = false;
    this.sendWaiting();
  }

  /** At once, whether there is room or not: it is one group of each kind at most. */
  sendWaiting(): void {
    for (const [kind, { group, lengths, ids }] of this.#shared) {
      this.#groupsOut++;
      this.#send(group, lengths, kind, ids);
    }
    this.#shared.clear();
  }

  receive(message: Extract<FromSaveWorker, { type: 'pieces' | 'stream-progress' | 'stream' }>): void {
    switch (message.type) {
      case 'pieces':
        this.#receiveIds(message.number, message.ids);
        this.#takeBack(this.#groupOf(message.group));
        return;
      case 'stream-progress':
        this.#takeBack(this.#groupOf(message.group));
        this.#relieve(this.#streamOf(message.stream).member, message.length);
        return;
      case 'stream':
        this.#streamOf(message.stream).result.resolve(message.result);
        this.#streams.delete(message.stream);
        return;
      default:
        unreachable(message);
    }
  }

  fail(error: unknown): void {
    for (const { ids } of this.#sent.values()) ids.reject(error);
    for (const { result } of this.#streams.values()) result.reject(error);
    for (const { ids } of this.#shared.values()) ids.reject(error);
    this.#onReturn?.resolve();
  }

  async #readByPages(source: AsyncIterable<Uint8Array>): Promise<ReadStream> {
    const sent: Pending[] = [];
    let group = this.#takeGroup();
    let size = 0;
    for await (const chunk of source) {
      size += chunk.length;
      for (let at = 0; at < chunk.length; at += fill(group, chunk, at)) {
        if (group.used < groupBytes) continue;
        sent.push(await this.#sendGroup(group, pageLengths(group.used), 'pages'));
        group = this.#takeGroup();
      }
    }
    sent.push(await this.#sendRest(group, pageLengths(group.used), 'pages'));
    return { size, content: async () => (await Promise.all(sent.map(({ ids }) => ids))).flat() };
  }

  /** A stream that is no longer than the smallest chunk is one piece, which any worker may take. */
  async #readByContent(source: AsyncIterable<Uint8Array>): Promise<ReadStream> {
    let group = this.#takeGroup();
    let stream: number | undefined;
    let size = 0;
    for await (const chunk of source) {
      size += chunk.length;
      for (let at = 0; at < chunk.length; at += fill(group, chunk, at)) {
        if (group.used < groupBytes) continue;
        stream = await this.#sendOfStream(stream, group);
        group = this.#takeGroup();
      }
    }
    if (stream === undefined && group.used <= chunkBytesMin) {
      const { ids } = await this.#sendRest(group, group.used === 0 ? [] : [group.used], undefined);
      return { size, content: () => ids };
    }
    const { result } = this.#endStream(await this.#sendOfStream(stream, group));
    return { size, content: async () => (await result).content };
  }

  /** The last bytes of a stream, or all of a small one. */
  async #sendRest(group: Group<M>, lengths: readonly number[], kind: Kind): Promise<Pending> {
    if (lengths.length !== 1) return await this.#sendGroup(group, lengths, kind);
    const { id } = await this.savePiece(group.bytes.subarray(0, group.used), kind);
    this.#takeBack(group);
    const ids = id.then((only) => [only]);
    ids.catch(() => undefined);
    return { ids };
  }

  async #sendShared(kind: Kind): Promise<void> {
    const shared = this.#shared.get(kind);
    if (!shared) return;
    this.#shared.delete(kind);
    try {
      await this.#reserve();
    } catch (error) {
      shared.ids.reject(error);
      throw error;
    }
    this.#send(shared.group, shared.lengths, kind, shared.ids);
  }

  async #sendGroup(group: Group<M>, lengths: readonly number[], kind: Kind): Promise<Pending> {
    if (lengths.length === 0) {
      this.#takeBack(group);
      return { ids: Promise.resolve([]) };
    }
    await this.#reserve();
    return this.#send(group, lengths, kind, Promise.withResolvers());
  }

  /** Its place among the groups that are out is taken already. */
  #send(
    group: Group<M>,
    lengths: readonly number[],
    kind: Kind,
    ids: PromiseWithResolvers<readonly string[]>,
  ): Pending {
    ids.promise.catch(() => undefined);
    const member = this.#port.leastLoaded();
    const number = this.#nextNumber++;
    this.#sent.set(number, { member, cost: group.used, ids });
    this.#hand(group, member);
    this.#port.post(member, { type: 'pieces', number, group: group.number, lengths, kind });
    return { ids: ids.promise };
  }

  /** All of a stream goes to the worker that got its beginning. Returns the number of the stream. */
  async #sendOfStream(number: number | undefined, group: Group<M>): Promise<number> {
    await this.#reserve();
    const stream = number ?? this.#openStream();
    const { member } = this.#streamOf(stream);
    this.#hand(group, member);
    this.#port.post(member, { type: 'stream-chunk', stream, group: group.number, length: group.used });
    return stream;
  }

  #hand(group: Group<M>, member: M): void {
    member.cost += group.used;
    if (group.known.has(member)) return;
    group.known.add(member);
    this.#port.post(member, { type: 'group', group: group.number, memory: group.bytes.buffer });
  }

  #openStream(): number {
    const number = this.#nextNumber++;
    const result = Promise.withResolvers<ReadContent>();
    result.promise.catch(() => undefined);
    this.#streams.set(number, { member: this.#port.leastLoaded(), result });
    return number;
  }

  #endStream(stream: number): { readonly result: Promise<ReadContent> } {
    const { member, result } = this.#streamOf(stream);
    this.#port.post(member, { type: 'stream-end', stream });
    return { result: result.promise };
  }

  #streamOf(number: number): OpenStream<M> {
    return defined(this.#streams.get(number), 'the stream under way');
  }

  #receiveIds(number: number, joined: string): void {
    const sent = defined(this.#sent.get(number), 'the group that was saved');
    this.#sent.delete(number);
    sent.ids.resolve(idsIn(joined));
    this.#relieve(sent.member, sent.cost);
  }

  #relieve(member: M, cost: number): void {
    member.cost -= cost;
    this.#groupsOut--;
    this.#onReturn?.resolve();
    this.#onReturn = undefined;
    this.#port.onRoom();
  }

  async #reserve(): Promise<void> {
    this.#port.throwFailure();
    while (this.#groupsOut >= groupsPerWorkerMax * this.#port.workers) {
      this.#onReturn ??= Promise.withResolvers<void>();
      await this.#onReturn.promise;
      this.#port.throwFailure();
    }
    this.#groupsOut++;
  }

  #openShared(kind: Kind): SharedGroup<M> {
    const shared = { group: this.#takeGroup(), lengths: [], ids: Promise.withResolvers<readonly string[]>() };
    this.#shared.set(kind, shared);
    return shared;
  }

  #takeGroup(): Group<M> {
    const spare = this.#spare.pop();
    if (spare) return spare;
    const bytes = new Uint8Array(new SharedArrayBuffer(groupBytes));
    const group = { number: this.#groups.length, bytes, known: new Set<M>(), used: 0 };
    this.#groups.push(group);
    return group;
  }

  #groupOf(number: number): Group<M> {
    return defined(this.#groups[number], 'the group that came back');
  }

  #takeBack(group: Group<M>): void {
    group.used = 0;
    this.#spare.push(group);
  }
}

/** Ids of all groups of a stream, when they have come. */
interface Pending {
  readonly ids: Promise<readonly string[]>;
}

interface ReadStream {
  readonly size: number;
  readonly content: () => Promise<readonly string[]>;
}

/** Copies what fits of the chunk from `at` on; returns how much that was. */
function fill<M>(group: Group<M>, chunk: Uint8Array, at: number): number {
  const part = chunk.subarray(at, at + groupBytes - group.used);
  group.bytes.set(part, group.used);
  group.used += part.length;
  return part.length;
}

function pageLengths(bytes: number): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < bytes; at += pageCutBytes) lengths.push(Math.min(pageCutBytes, bytes - at));
  return lengths;
}

function idsIn(joined: string): string[] {
  const ids: string[] = [];
  for (let at = 0; at < joined.length; at += idDigits) ids.push(joined.slice(at, at + idDigits));
  return ids;
}
