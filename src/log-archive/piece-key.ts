/**
 * Names of the objects of a log: `lifeboat/log/<system>/<incarnation>/<branch>/<start>-<end>` for a chunk, with `.seg`
 * for a segment and `.gap` for a gap that was declared; positions are 16 hex digits, so that names sort as they follow
 * each other. Beside them `history`.
 */
import { assert } from '../error/assert.ts';
import { isSegment } from '../object-store/key.ts';
import { type LogSpan, pieceBytesMax } from './log-archive.ts';

export const logPrefix = 'lifeboat/log/';
const positionDigits = 16;
/** Hex digits that count within a window. */
const windowDigits = Math.log2(pieceBytesMax) / 4;
const windowBytes = BigInt(pieceBytesMax);

export type ObjectForm = 'chunk' | 'segment' | 'gap' | 'history';

const endings = { chunk: '', segment: '.seg', gap: '.gap' } as const;

export interface LogName {
  readonly system: string;
  readonly incarnation: string;
}

export function logPrefixOf({ system, incarnation }: LogName): string {
  assert(isSegment(system) && isSegment(incarnation), `${system}/${incarnation} can be the name of a log`);
  return `${logPrefix}${system}/${incarnation}/`;
}

export function branchPrefix(log: LogName, branch: string): string {
  assert(isSegment(branch), `${branch} can be the name of a branch`);
  return `${logPrefixOf(log)}${branch}/`;
}

export function spanKey(log: LogName, span: LogSpan, form: 'chunk' | 'segment' | 'gap'): string {
  assert(span.start >= 0n && span.start < span.end, `${span.start}-${span.end} is a span`);
  return `${branchPrefix(log, span.branch)}${positionHex(span.start)}-${positionHex(span.end)}${endings[form]}`;
}

export function historyKey(log: LogName, branch: string): string {
  return `${branchPrefix(log, branch)}history`;
}

export interface ParsedKey extends LogName {
  readonly key: string;
  readonly branch: string;
  readonly form: ObjectForm;
  /** Both 0 for a history. */
  readonly start: bigint;
  readonly end: bigint;
}

const keyPattern =
  /^lifeboat\/log\/([^/]+)\/([^/]+)\/([^/]+)\/(?:history|([0-9a-f]{16})-([0-9a-f]{16})(\.seg|\.gap)?)$/;

/** `undefined` for what no Lifeboat named so. */
export function parseLogKey(key: string): ParsedKey | undefined {
  const [, system = '', incarnation = '', branch = '', first, last, ending = ''] = keyPattern.exec(key) ?? [];
  if (system === '') return undefined;
  const common = { key, system, incarnation, branch };
  if (first === undefined || last === undefined) return { ...common, form: 'history', start: 0n, end: 0n };
  const form = ending === '.seg' ? 'segment' : ending === '.gap' ? 'gap' : 'chunk';
  const start = BigInt(`0x${first}`);
  const end = BigInt(`0x${last}`);
  const isSpan = start < end && (form === 'gap' || fitsWindow(start, end));
  return isSpan ? { ...common, form, start, end } : undefined;
}

/** As `positionHex` writes it; `undefined` for anything else. */
export function positionOfHex(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[0-9a-f]{16}$/.test(text) ? BigInt(`0x${text}`) : undefined;
}

export function positionHex(position: bigint): string {
  return position.toString(16).padStart(positionDigits, '0');
}

/** Whether no multiple of `pieceBytesMax` lies within. */
export function fitsWindow(start: bigint, end: bigint): boolean {
  return start / windowBytes === (end - 1n) / windowBytes;
}

/** Where the window of a position begins. */
export function windowStart(position: bigint): bigint {
  return position - (position % windowBytes);
}

export function windowEnd(position: bigint): bigint {
  return windowStart(position) + windowBytes;
}

/** The beginning of the names of all pieces of one window. */
export function windowPrefix(log: LogName, branch: string, position: bigint): string {
  return branchPrefix(log, branch) + positionHex(position).slice(0, positionDigits - windowDigits);
}
