/** The header of an object of a log as JSON. `docs/formats/log-archive.md` documents the fields. */
import { hasCode } from '../error/lifeboat-error.ts';
import { type JsonObject, list, number, objectOf, optional, text } from '../evidence/record-fields.ts';
import { damagedPiece } from './damaged-piece.ts';
import type { LogMarks } from './log-archive.ts';
import { type ParsedKey, positionHex } from './piece-key.ts';

const formatVersion = 1;

export interface PieceHeader {
  /** SHA-256 of the body before it was sealed, 64 hex digits. */
  readonly digest: string;
  readonly previous: string;
  readonly link: string;
  readonly marks: LogMarks;
  readonly storedAtMs: number;
  /** Of a segment: where its chunks ended, the last one included, so that every link can be computed again. */
  readonly cuts: readonly bigint[];
  /** Of a segment: links of other chunks with the same bytes, and where they ended; others may follow them. */
  readonly others: readonly LinkEnd[];
  /** Of a declared gap. */
  readonly reason?: string;
}

export interface LinkEnd {
  readonly end: bigint;
  readonly link: string;
}

/** The name goes into it: what lies under another name was not written there by us. */
export function encodeHeader(name: ParsedKey, header: PieceHeader): Buffer {
  const { digest, previous, link, marks, storedAtMs, cuts, others, reason } = header;
  const json = {
    format: formatVersion,
    key: name.key,
    digest,
    previous,
    link,
    stored_at_ms: storedAtMs,
    marks: marksJson(marks),
    ...(cuts.length === 0 ? {} : { cuts: cuts.map(positionHex) }),
    ...(others.length === 0
      ? {}
      : { others: others.map(({ end, link: other }) => [positionHex(end), other]) }),
    ...(reason === undefined ? {} : { reason }),
  };
  return Buffer.from(JSON.stringify(json));
}

/** @throws OBJECT_DAMAGED naming the object. */
export function decodeHeader(name: ParsedKey, bytes: Buffer): PieceHeader {
  try {
    const from = objectOf(JSON.parse(bytes.toString('utf8')), 'the header');
    if (number(from, 'format') !== formatVersion)
      throw damagedPiece(name.key, 'was written by a newer Lifeboat');
    if (text(from, 'key') !== name.key)
      throw damagedPiece(name.key, `holds what was stored as ${text(from, 'key')}`);
    return {
      digest: text(from, 'digest'),
      previous: text(from, 'previous'),
      link: text(from, 'link'),
      storedAtMs: number(from, 'stored_at_ms'),
      marks: parseMarks(objectOf(from['marks'], 'marks')),
      cuts: from['cuts'] === undefined ? [] : list(from, 'cuts', position),
      others: from['others'] === undefined ? [] : list(from, 'others', parseLinkEnd),
      ...optional(from, 'reason', text),
    };
  } catch (error) {
    if (hasCode(error, 'OBJECT_DAMAGED') && error.details['object'] !== undefined) throw error;
    throw damagedPiece(name.key, 'has a header that cannot be read', error);
  }
}

function marksJson({ firstCommitAtMs, lastCommitAtMs, commits, heartbeat, names }: LogMarks): JsonObject {
  return {
    commits,
    ...(firstCommitAtMs === undefined ? {} : { first_commit_at_ms: firstCommitAtMs }),
    ...(lastCommitAtMs === undefined ? {} : { last_commit_at_ms: lastCommitAtMs }),
    ...(heartbeat === undefined
      ? {}
      : { heartbeat: { written_at_ms: heartbeat.writtenAtMs, end: positionHex(heartbeat.end) } }),
    ...(names.length === 0
      ? {}
      : { names: names.map(({ name, end, atMs }) => ({ name, end: positionHex(end), at_ms: atMs })) }),
  };
}

function parseMarks(from: JsonObject): LogMarks {
  const first = optional(from, 'first_commit_at_ms', number).first_commit_at_ms;
  const last = optional(from, 'last_commit_at_ms', number).last_commit_at_ms;
  const heartbeat = from['heartbeat'] === undefined ? undefined : objectOf(from['heartbeat'], 'heartbeat');
  return {
    commits: number(from, 'commits'),
    ...(first === undefined ? {} : { firstCommitAtMs: first }),
    ...(last === undefined ? {} : { lastCommitAtMs: last }),
    ...(heartbeat === undefined
      ? {}
      : { heartbeat: { writtenAtMs: number(heartbeat, 'written_at_ms'), end: position(heartbeat['end']) } }),
    names: from['names'] === undefined ? [] : list(from, 'names', parseName),
  };
}

function parseName(item: unknown): LogMarks['names'][number] {
  const from = objectOf(item, 'names');
  return { name: text(from, 'name'), end: position(from['end']), atMs: number(from, 'at_ms') };
}

function parseLinkEnd(item: unknown): LinkEnd {
  const [end, link]: readonly unknown[] = Array.isArray(item) ? item : [];
  return { end: position(end), link: text({ link }, 'link') };
}

function position(item: unknown): bigint {
  const digits = text({ position: item }, 'position');
  return BigInt(`0x${digits}`);
}

/** Whether two headers tell of the same bytes under the same name. */
export function isSameContent(a: Pick<PieceHeader, 'digest'>, b: Pick<PieceHeader, 'digest'>): boolean {
  return a.digest === b.digest;
}
