/**
 * The results of a batch of files in a few typed arrays and strings: passing an object per file between threads
 * would cost more than reading the file.
 */
import { defined } from '../../error/assert.ts';
import type { FileStat, ReadResult } from './read-result.ts';

export interface FileBatch {
  /** Number of the first file; the others follow. */
  readonly first: number;
  /** Per file a digit: 0 read, 1 read but it kept changing, 2 cannot be read, 3 vanished. */
  readonly states: string;
  /** Ids of the chunks, per file joined without a separator, files separated by a blank. */
  readonly contents: string;
  /** Per file: bytes read, mode, uid, gid, links, size by its stat. */
  readonly numbers: Float64Array;
  /** Per file: mtime, ctime, inode, device. */
  readonly wideNumbers: BigInt64Array;
  /** Of the files that could not be read, in order. */
  readonly reasons: readonly string[];
}

const numbersPerFile = 6;
const wideNumbersPerFile = 4;
const idDigits = 64;

export function encodeFileBatch(first: number, results: readonly ReadResult[]): FileBatch {
  const numbers = new Float64Array(results.length * numbersPerFile);
  const wideNumbers = new BigInt64Array(results.length * wideNumbersPerFile);
  const reasons: string[] = [];
  for (const [at, result] of results.entries()) {
    if (result.kind === 'unreadable') {
      reasons.push(result.reason);
      continue;
    }
    const { mode, uid, gid, links, size, mtimeNs, ctimeNs, inode, deviceId } = result.stat;
    numbers.set([result.size, mode, uid, gid, links, size], at * numbersPerFile);
    wideNumbers.set([mtimeNs, ctimeNs, inode, deviceId], at * wideNumbersPerFile);
  }
  const contents = results
    .map((result) => (result.kind === 'content' ? result.content.join('') : ''))
    .join(' ');
  return { first, states: results.map(stateOf).join(''), contents, numbers, wideNumbers, reasons };
}

export function* decodeFileBatch(
  batch: FileBatch,
): Generator<{ readonly ticket: number; readonly result: ReadResult }> {
  const contents = batch.contents.split(' ');
  const reasons = batch.reasons.values();
  for (let at = 0; at < batch.states.length; at++) {
    const state = batch.states[at];
    const ticket = batch.first + at;
    if (state === '2' || state === '3') {
      yield {
        ticket,
        result: {
          kind: 'unreadable',
          reason: defined(reasons.next().value, 'reason'),
          vanished: state === '3',
        },
      };
      continue;
    }
    const content = idsIn(defined(contents[at], 'contents of a file'));
    const size = batch.numbers[at * numbersPerFile] ?? 0;
    yield {
      ticket,
      result: { kind: 'content', content, size, stat: statAt(batch, at), changed: state === '1' },
    };
  }
}

function stateOf(result: ReadResult): string {
  if (result.kind === 'unreadable') return result.vanished ? '3' : '2';
  return result.changed ? '1' : '0';
}

function idsIn(joined: string): string[] {
  const ids: string[] = [];
  for (let at = 0; at < joined.length; at += idDigits) ids.push(joined.slice(at, at + idDigits));
  return ids;
}

function statAt({ numbers, wideNumbers }: FileBatch, at: number): FileStat {
  const number = (field: number): number => defined(numbers[at * numbersPerFile + field], 'figure of a file');
  const wide = (field: number): bigint =>
    BigInt.asUintN(64, defined(wideNumbers[at * wideNumbersPerFile + field], 'figure of a file'));
  return {
    mode: number(1),
    uid: number(2),
    gid: number(3),
    links: number(4),
    size: number(5),
    mtimeNs: BigInt.asIntN(64, wide(0)),
    ctimeNs: BigInt.asIntN(64, wide(1)),
    inode: wide(2),
    deviceId: wide(3),
  };
}
