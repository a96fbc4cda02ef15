/** A thread that reads, chunks, compresses, seals and packs. See save-protocol.ts for the conversation. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert, defined, unreachable } from '../../error/assert.ts';
import { releaseMemory } from '../../platform/release-memory.ts';
import type { SealKey } from '../../seal/seal.ts';
import type { FinishedPack } from '../pack/pack-builder.ts';
import { plainError } from '../worker-pool.ts';
import { createChunkSaver } from './chunk-saver.ts';
import { encodeFileBatch } from './file-batch.ts';
import { readFile } from './read-file.ts';
import type { ReadResult } from './read-result.ts';
import {
  type FromSaveWorker,
  packsInFlightMax,
  type SaveWorkerData,
  type ToSaveWorker,
} from './save-protocol.ts';
import { SharedIdSet } from './shared-id-set.ts';
import { createStreamSaver, type StreamSaver } from './stream-saver.ts';

const port = defined(parentPort, 'the port of the parent thread');
const settings = workerData as SaveWorkerData;
const streams = new Map<number, StreamSaver>();
const groups = new Map<number, Uint8Array>();
const inbox: ToSaveWorker[] = [];
const spareBuffers: Uint8Array<ArrayBuffer>[] = [];
const spareBuffersMax = 2;
let packsInFlight = 0;
let working = false;
let onPackStored: (() => void) | undefined;

const saver = createChunkSaver({
  key: sealKeyOf(settings),
  polynomial: settings.polynomial,
  version: settings.version,
  verify: settings.verify,
  packBytesTarget: settings.packBytesTarget,
  known: SharedIdSet.attach(settings.knownIds),
  takeBuffer,
  emit: sendPack,
});

port.on('message', (message: ToSaveWorker) => {
  if (message.type === 'pack-stored') {
    packsInFlight--;
    keepBuffer(new Uint8Array(message.buffer));
    onPackStored?.();
  } else {
    inbox.push(message);
    if (!working) void drainInbox();
  }
});

async function drainInbox(): Promise<void> {
  working = true;
  try {
    for (let message = inbox.shift(); message !== undefined; message = inbox.shift()) {
      await throttle();
      await handle(message);
    }
  } catch (error) {
    send({ type: 'failed', error: plainError(error) });
  } finally {
    working = false;
  }
}

/** A promise while too many packs wait to be stored. */
function throttle(): Promise<void> | undefined {
  if (packsInFlight <= packsInFlightMax) return undefined;
  const stored = Promise.withResolvers<void>();
  onPackStored = () => {
    if (packsInFlight <= packsInFlightMax) stored.resolve();
  };
  return stored.promise;
}

async function handle(message: ToSaveWorker): Promise<void> {
  switch (message.type) {
    case 'files':
      await saveFiles(message.first, message.paths);
      return;
    case 'pieces':
      await savePieces(message);
      return;
    case 'group':
      groups.set(message.group, new Uint8Array(message.memory));
      return;
    case 'stream-chunk': {
      const { stream, group, length } = message;
      streamOf(stream).write(groupOf(group).subarray(0, length));
      send({ type: 'stream-progress', stream, group, length });
      return;
    }
    case 'stream-end':
      send({ type: 'stream', stream: message.stream, result: streamOf(message.stream).end() });
      streams.delete(message.stream);
      return;
    case 'tree':
      saver.saveTree(message.id, message.bytes);
      releaseMemory(message.bytes);
      return;
    case 'flush':
      saver.flush();
      send({ type: 'flushed' });
      return;
    case 'pack-stored':
      assert(false, 'credits are taken before the inbox');
      return;
    default:
      unreachable(message);
  }
}

async function saveFiles(first: number, paths: string): Promise<void> {
  const results: ReadResult[] = [];
  for (const path of paths.split('\0')) {
    await throttle();
    results.push(await readFile(saver, Buffer.from(path, 'latin1'), throttle));
  }
  const batch = encodeFileBatch(first, results);
  send({ type: 'files', batch }, [
    batch.numbers.buffer as ArrayBuffer,
    batch.wideNumbers.buffer as ArrayBuffer,
  ]);
}

async function savePieces({
  number,
  group,
  lengths,
  kind,
}: Extract<ToSaveWorker, { type: 'pieces' }>): Promise<void> {
  const bytes = groupOf(group);
  let ids = '';
  let at = 0;
  for (const length of lengths) {
    await throttle();
    ids += saver.saveChunk(bytes.subarray(at, at + length), kind);
    at += length;
  }
  send({ type: 'pieces', number, group, ids });
}

function groupOf(number: number): Uint8Array {
  return defined(groups.get(number), 'the memory of a group');
}

function streamOf(id: number): StreamSaver {
  const stream = streams.get(id) ?? createStreamSaver(saver, settings.polynomial);
  streams.set(id, stream);
  return stream;
}

/** A returned buffer of just this size, or a new one. */
function takeBuffer(bytesMin: number): Uint8Array<ArrayBuffer> {
  const at = spareBuffers.findIndex((spare) => spare.length === bytesMin);
  const [spare] = at === -1 ? [] : spareBuffers.splice(at, 1);
  return spare ?? new Uint8Array(bytesMin);
}

/** One of each size is kept: one for data and one for trees. */
function keepBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  if (spareBuffers.some((spare) => spare.length === buffer.length)) releaseMemory(buffer);
  else spareBuffers.push(buffer);
  while (spareBuffers.length > spareBuffersMax) {
    const oldest = spareBuffers.shift();
    if (oldest) releaseMemory(oldest);
  }
}

function sendPack(pack: FinishedPack): void {
  packsInFlight++;
  const { id, length, blobs } = pack;
  send({ type: 'pack', id, buffer: pack.buffer.buffer, length, blobs }, [pack.buffer.buffer]);
}

function send(message: FromSaveWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function sealKeyOf(data: SaveWorkerData): SealKey {
  return {
    encrypt: Buffer.from(data.key.encrypt),
    macK: Buffer.from(data.key.macK),
    macR: Buffer.from(data.key.macR),
  };
}
