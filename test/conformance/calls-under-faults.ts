/** Calls of a store, what each must have done, and the faults that can meet it on its way. */
import assert from 'node:assert/strict';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import type { ProxyFault } from '../support/fault-proxy.ts';
import type { FaultyServer } from '../support/faulty-servers.ts';
import { listed } from '../support/listed.ts';
import { seededRandom } from '../support/seeded-random.ts';

export const objectBytes = 300_000;
const mebibyte = 1024 * 1024;
export const silenceMs = 200;

export const bytes = seededRandom(1).bytes(objectBytes);
const large = Buffer.alloc(33 * mebibyte, seededRandom(2).bytes(64 * 1024));

/** A little more than the store puts in one request. */
function largeFor({ facts }: ObjectStore): Buffer {
  return facts.kind === 's3' ? large : large.subarray(0, 17 * mebibyte);
}

/** All that these calls ever put. */
export function wholeContents(store: ObjectStore): readonly Buffer[] {
  return [bytes, bytes.subarray(1), largeFor(store)];
}

export interface Call {
  readonly what: string;
  readonly method: string;
  /** Whether the answer has a body, and the request. */
  readonly carries: 'request' | 'answer' | 'neither';
  /** Whose answer may be lost without changing what a second try gives. */
  readonly act: (store: ObjectStore) => Promise<unknown>;
  readonly check: (direct: ObjectStore, result: unknown) => Promise<void>;
}

export const calls: readonly Call[] = [
  {
    what: 'a put',
    method: 'PUT',
    carries: 'request',
    act: (store) => store.put('data/new', bytes),
    check: (direct) => holds(direct, 'data/new', bytes),
  },
  {
    what: 'a put that replaces',
    method: 'PUT',
    carries: 'request',
    act: (store) => store.put('data/there', bytes.subarray(1)),
    check: (direct) => holds(direct, 'data/there', bytes.subarray(1)),
  },
  {
    what: 'a large put',
    method: 'PUT',
    carries: 'request',
    act: (store) => store.put('data/large', largeFor(store)),
    check: (direct) => holds(direct, 'data/large', largeFor(direct)),
  },
  {
    what: 'a get',
    method: 'GET',
    carries: 'answer',
    act: (store) => store.get('data/there'),
    check: async (_direct, got) => assert.ok(bytes.equals(asBuffer(got))),
  },
  {
    what: 'a get of a range',
    method: 'GET',
    carries: 'answer',
    act: (store) => store.get('data/there', { offset: 1000, length: 200_000 }),
    check: async (_direct, got) => assert.ok(bytes.subarray(1000, 201_000).equals(asBuffer(got))),
  },
  {
    what: 'a stat',
    method: 'HEAD',
    carries: 'neither',
    act: async (store) => (await store.stat('data/there')).size,
    check: async (_direct, size) => assert.equal(size, objectBytes),
  },
  {
    what: 'a list',
    method: 'GET',
    carries: 'answer',
    act: (store) => listed(store, 'data/'),
    check: async (_direct, found) => assert.deepEqual(found, [{ key: 'data/there', size: objectBytes }]),
  },
  {
    what: 'a delete',
    method: 'DELETE',
    carries: 'neither',
    act: (store) => store.delete('data/there'),
    check: async (direct) => {
      await assert.rejects(direct.stat('data/there'), { code: 'OBJECT_MISSING' });
    },
  },
];

export type FaultKind = readonly [what: string, fault: ProxyFault];

export function faultsOf(
  { carries, what, method }: Call,
  { names, checksReads, checksWrites }: FaultyServer,
): FaultKind[] {
  const cut: readonly FaultKind[] = [
    ['500', { kind: 'status', status: 500, name: names.internal }],
    ['503', { kind: 'status', status: 503, name: names.busy }],
    ['silence', { kind: 'silence', ms: silenceMs }],
    ['a reset before it', { kind: 'reset-before' }],
    ['a lost answer', { kind: 'reset-after' }],
  ];
  const inRequest: readonly FaultKind[] = [
    ['a reset in its body', { kind: 'reset-in-request' }],
    ...(checksWrites ? ([['a flipped bit in its body', { kind: 'flip-request-bit' }]] as const) : []),
  ];
  const inAnswer: readonly FaultKind[] = [
    ['a reset in the answer', { kind: 'reset-in-answer' }],
    ['an answer that stalls', { kind: 'stall-in-answer', ms: silenceMs }],
    ['a short answer', { kind: 'short-answer' }],
    ...(checksReads && what !== 'a list'
      ? ([['a flipped bit in the answer', { kind: 'flip-answer-bit' }]] as const)
      : []),
  ];
  const own = { request: inRequest, answer: inAnswer, neither: [] }[carries];
  return [...cut, ...own].map(([name, fault]) => [name, { ...fault, method }]);
}

async function holds(store: ObjectStore, key: string, expected: Buffer): Promise<void> {
  assert.ok(expected.equals(await store.get(key)), key);
}

function asBuffer(value: unknown): Buffer {
  assert.ok(Buffer.isBuffer(value));
  return value;
}
