/**
 * Reads the write-ahead log as it comes, in pieces of any size, and tells of its records.
 *
 * The log is a run of pages of 8 KiB, each with a header; records follow one another at multiples of eight and go on
 * behind the header of the next page. The reader is always in one of these phases:
 *   - `start`: a record may begin here; nothing of it was read;
 *   - `head`: some of the 24 bytes of a record's header were read;
 *   - `body`: the header is known, `left` bytes of the record are to come;
 *   - `rest`: `left` bytes of a record whose beginning was not seen are passed over;
 *   - `padding`: `left` bytes up to the next multiple of eight are passed over;
 *   - `blind`: begun within a page, it waits for the next that is written, whose header says where a record begins;
 *   - `skip`: after a switch the rest of the segment is empty: `left` bytes, headers included, are passed over;
 *   - `ended`: nothing that follows can be read, for the reason that `ending` gives; what is fed is ignored.
 * At the first byte of a page its header is read in every phase but the last two. Source: xlogreader.c, 13 to 18.
 */
import { type CrcBytes, continueCrc32c, crc32cStart, crcBytes, endCrc32c } from './crc32c.ts';
import { bodyBytesWanted, parseRecordBody, type RecordHead } from './record-body.ts';
import { rmgrs, type WalBody, type WalRecord } from './wal-record.ts';
import { majorVersionOf } from './wal-versions.ts';

export interface WalReaderOptions {
  /** The LSN of the first byte that will be fed. */
  readonly start: bigint;
  readonly segmentBytes: number;
  /** A record begins at `start`. Otherwise, and within a page, records are told from the next page on. */
  readonly startsAtRecord?: boolean;
  /** Also records of the kind `other`. It costs time. */
  readonly tellsAll?: boolean;
  readonly onRecord: (record: WalRecord) => void;
}

export interface WalReader {
  feed(bytes: Uint8Array): void;
  /** Behind the last whole record that was read; where the reader began when there was none. */
  readonly end: bigint;
  /** Records read, told or not. */
  readonly records: number;
  /** What the newest page says: who wrote the log, and on which timeline; the identifier stands once a segment. */
  readonly page: WalPage | undefined;
  readonly ending: WalEnding | undefined;
}

export interface WalPage {
  readonly version: number;
  readonly timeline: number;
  readonly systemId?: string;
  readonly segmentBytes?: number;
}

export interface WalEnding {
  readonly at: bigint;
  /** `empty`: nothing was written from here on, which is how every log ends. The others tell of damage or of old content. */
  readonly kind: 'empty' | 'page' | 'record' | 'checksum' | 'continuation';
  readonly reason: string;
}

type Phase = 'start' | 'head' | 'body' | 'rest' | 'padding' | 'blind' | 'skip' | 'ended';

const pageBytes = 8192;
const shortHeaderBytes = 24;
const longHeaderBytes = 40;
const recordHeaderBytes = 24;
const recordBytesMax = 2 ** 30;
/** Until the first page was seen. It matters to commits of prepared transactions that dropped tables only. */
const versionAssumed = 17;
/** 4 says that no base backup runs, and matters to nobody. */
const flags = { continues: 1, long: 2, replacesContinuation: 8, all: 15 } as const;

export function createWalReader(options: WalReaderOptions): WalReader {
  return new Reader(options);
}

class Reader implements WalReader {
  records = 0;
  page: WalPage | undefined;
  ending: WalEnding | undefined;

  private readonly options: WalReaderOptions;
  private phase: Phase;
  /** LSN of the page that is being read, and how much of it was. LSNs stay below 2^53 for thousands of years. */
  private pageStart: number;
  private inPage: number;
  private left = 0;
  private endAt: number;

  private readonly pageHead = Buffer.alloc(longHeaderBytes);
  private pageHeadFill = 0;

  private readonly head = Buffer.alloc(recordHeaderBytes);
  private readonly headInput = crcBytes(this.head);
  private headFill = 0;
  private recordStart = 0;
  private recordBytes = 0;
  private previousStart = -1;
  private crc = crc32cStart;
  /** What is kept of the body of this record, and how much of it is wanted. */
  private kept: Buffer = Buffer.alloc(0);
  private keptFill = 0;
  private keepBytes = 0;
  /** Its kind tells something, even where it has no body, as a switch. */
  private isTold = false;

  constructor(options: WalReaderOptions) {
    this.options = options;
    const start = Number(options.start);
    this.inPage = start % pageBytes;
    this.pageStart = start - this.inPage;
    this.endAt = start;
    this.phase = this.inPage === 0 || options.startsAtRecord === true ? 'start' : 'blind';
  }

  get end(): bigint {
    return BigInt(this.endAt);
  }

  feed(bytes: Uint8Array): void {
    const input = crcBytes(bytes);
    let at = 0;
    while (at < bytes.length && this.phase !== 'ended') at = this.step(input, at);
  }

  /** Takes in some bytes from `at` on, at least one, and says where it stopped. */
  private step(input: CrcBytes, at: number): number {
    if (this.phase === 'skip') return this.pass(at, Math.min(this.left, input.bytes.length - at));
    if (this.inPage === 0 || this.pageHeadFill > 0) return this.takePageHead(input.bytes, at);
    const room = Math.min(pageBytes - this.inPage, input.bytes.length - at);
    switch (this.phase) {
      case 'start':
      case 'head':
        return this.takeHead(input, at, room);
      case 'body':
        return this.takeBody(input, at, Math.min(room, this.left));
      case 'rest':
      case 'padding':
        return this.pass(at, Math.min(room, this.left));
      default:
        return this.advance(at, room);
    }
  }

  /** The first 24 bytes tell whether the header has 40. */
  private takePageHead(bytes: Uint8Array, at: number): number {
    const wanted = this.pageHeadFill < shortHeaderBytes ? shortHeaderBytes : longHeaderBytes;
    const count = Math.min(wanted - this.pageHeadFill, bytes.length - at);
    this.pageHead.set(bytes.subarray(at, at + count), this.pageHeadFill);
    this.pageHeadFill += count;
    const isLong = ((this.pageHead[2] ?? 0) & flags.long) !== 0;
    if (this.pageHeadFill === (isLong ? longHeaderBytes : shortHeaderBytes)) this.openPage();
    return at + count;
  }

  /** The header of a page is complete. */
  private openPage(): void {
    const head = this.pageHead.subarray(0, this.pageHeadFill);
    this.inPage = this.pageHeadFill;
    this.pageHeadFill = 0;
    const wrong = this.wrongWithPage(head);
    if (wrong !== undefined) {
      const isEmpty = head.every((byte) => byte === 0);
      // Begun shortly before a switch it finds nothing in the rest of the segment, and the log goes on in the next.
      if (!isEmpty || this.phase !== 'blind') this.finish(isEmpty ? 'empty' : 'page', wrong, this.pageStart);
      return;
    }
    this.page = readPage(head, this.page);
    const info = head.readUInt16LE(2);
    const rest = head.readUInt32LE(16);
    if (this.phase === 'blind' || (this.records === 0 && this.phase === 'start')) this.findRecord(info, rest);
    else this.checkContinuation(info, rest);
  }

  private wrongWithPage(head: Buffer): string | undefined {
    if (majorVersionOf(head.readUInt16LE(0)) === undefined)
      return 'the page has no header of PostgreSQL 13 to 18';
    if (head.readUInt16LE(2) > flags.all) return 'the page has unknown flags';
    if (Number(head.readBigUInt64LE(8)) !== this.pageStart)
      return 'the page belongs to another place of the log';
    return undefined;
  }

  /** The first page that is read: a record that began before it is passed over. */
  private findRecord(info: number, rest: number): void {
    if ((info & flags.continues) === 0) {
      this.phase = 'start';
      return;
    }
    this.phase = 'rest';
    this.left = rest;
    this.recordStart = this.pageStart;
  }

  private checkContinuation(info: number, rest: number): void {
    if (this.phase === 'start') {
      if (info & flags.continues)
        this.finish('continuation', 'the page goes on with a record that did not begin', this.pageStart);
      return;
    }
    const expected = this.phase === 'head' ? this.bytesLeftOfHead() : this.left;
    if (info & flags.replacesContinuation) this.phase = 'start';
    else if ((info & flags.continues) === 0 || rest !== expected)
      this.finish('continuation', 'the record does not go on in the next page', this.recordStart);
  }

  /** The length of a record is in its first four bytes, which are never parted. */
  private bytesLeftOfHead(): number {
    return this.head.readUInt32LE(0) - this.headFill;
  }

  private takeHead(input: CrcBytes, at: number, room: number): number {
    if (this.phase === 'start') {
      this.phase = 'head';
      this.headFill = 0;
      this.recordStart = this.pageStart + this.inPage;
    }
    const count = Math.min(recordHeaderBytes - this.headFill, room);
    for (let index = 0; index < count; index++)
      this.head[this.headFill + index] = input.bytes[at + index] ?? 0;
    this.headFill += count;
    const next = this.advance(at, count);
    if (this.headFill >= 4 && this.head.readUInt32LE(0) === 0)
      this.finish('empty', 'no record begins here', this.recordStart);
    else if (this.headFill === recordHeaderBytes) this.openRecord();
    return next;
  }

  private openRecord(): void {
    const head = this.head;
    this.recordBytes = head.readUInt32LE(0);
    const previous = head.readUInt32LE(8) + head.readUInt32LE(12) * 2 ** 32;
    if (this.recordBytes < recordHeaderBytes || this.recordBytes > recordBytesMax) {
      this.finish('record', `a record cannot have ${this.recordBytes} bytes`, this.recordStart);
      return;
    }
    if (this.previousStart >= 0 ? previous !== this.previousStart : previous >= this.recordStart) {
      this.finish('record', 'the record does not follow the one before it', this.recordStart);
      return;
    }
    this.left = this.recordBytes - recordHeaderBytes;
    this.crc = crc32cStart;
    const wanted = bodyBytesWanted(head[17] ?? 0, head[16] ?? 0);
    this.isTold = wanted > 0;
    this.keepBytes = Math.min(this.left, wanted);
    this.keptFill = 0;
    this.phase = 'body';
    if (this.left === 0) this.closeRecord();
  }

  private takeBody(input: CrcBytes, at: number, count: number): number {
    this.crc = continueCrc32c(this.crc, input, at, at + count);
    if (this.keptFill < this.keepBytes) this.keep(input.bytes, at, count);
    this.left -= count;
    const next = this.advance(at, count);
    if (this.left === 0) this.closeRecord();
    return next;
  }

  /** Most bodies lie in one piece: they are looked at where they are. */
  private keep(bytes: Uint8Array, at: number, count: number): void {
    const part = bytes.subarray(at, at + Math.min(count, this.keepBytes - this.keptFill));
    if (part.length === this.keepBytes) {
      this.kept = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    } else {
      if (this.keptFill === 0) this.kept = Buffer.allocUnsafe(this.keepBytes);
      this.kept.set(part, this.keptFill);
    }
    this.keptFill += part.length;
  }

  private closeRecord(): void {
    const head = this.head;
    const crc = endCrc32c(continueCrc32c(this.crc, this.headInput, 0, 20));
    if (crc !== head.readUInt32LE(20)) {
      this.finish('checksum', 'the checksum of the record is wrong', this.recordStart);
      return;
    }
    this.records++;
    this.previousStart = this.recordStart;
    const isSwitch = head[17] === rmgrs.xlog && ((head[16] ?? 0) & 0xf0) === 0x40;
    if (isSwitch) this.passSegment();
    else this.passPadding();
    this.endAt = this.pageStart + this.inPage + this.left;
    if (this.isTold || this.options.tellsAll === true) this.tell();
  }

  private tell(): void {
    const head = this.head;
    const [info, rmgr] = [head[16] ?? 0, head[17] ?? 0];
    const xid = head.readUInt32LE(4);
    this.options.onRecord({
      start: BigInt(this.recordStart),
      end: BigInt(this.endAt),
      rmgr,
      info,
      xid,
      previous: head.readBigUInt64LE(8),
      bytes: this.recordBytes,
      body: this.body({ rmgr, info, xid }),
    });
  }

  private body(head: RecordHead): WalBody {
    if (!this.isTold) return { kind: 'other' };
    return parseRecordBody(head, this.kept.subarray(0, this.keepBytes), this.page?.version ?? versionAssumed);
  }

  private passPadding(): void {
    this.left = -this.inPage & 7;
    this.phase = this.left === 0 ? 'start' : 'padding';
  }

  private passSegment(): void {
    const segmentBytes = this.page?.segmentBytes ?? this.options.segmentBytes;
    const inSegment = (this.pageStart + this.inPage) % segmentBytes;
    this.left = inSegment === 0 ? 0 : segmentBytes - inSegment;
    this.phase = this.left === 0 ? 'start' : 'skip';
  }

  private pass(at: number, count: number): number {
    this.left -= count;
    const next = this.advance(at, count);
    if (this.left > 0) return next;
    if (this.phase === 'rest') this.passPadding();
    else this.phase = 'start';
    return next;
  }

  private advance(at: number, count: number): number {
    this.inPage += count;
    if (this.inPage >= pageBytes) {
      const inPage = this.inPage % pageBytes;
      this.pageStart += this.inPage - inPage;
      this.inPage = inPage;
    }
    return at + count;
  }

  private finish(kind: WalEnding['kind'], reason: string, at: number): void {
    this.phase = 'ended';
    this.ending = { kind, reason, at: BigInt(at) };
  }
}

function readPage(head: Buffer, before: WalPage | undefined): WalPage {
  const version = majorVersionOf(head.readUInt16LE(0)) ?? versionAssumed;
  const timeline = head.readUInt32LE(4);
  if (head.length < longHeaderBytes) {
    // Most pages say what the one before them said.
    if (before?.version === version && before.timeline === timeline) return before;
    return { ...before, version, timeline };
  }
  const systemId = head.readBigUInt64LE(24).toString();
  return { version, timeline, systemId, segmentBytes: head.readUInt32LE(32) };
}
