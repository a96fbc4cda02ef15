/**
 * Writes the log of an archive as the files of the server: whole segments under their names, the one that was not
 * written to its end with `.partial` behind its name, histories of timelines. A `restore_command` of `cp` finds them.
 *
 * What is in the folder is compared and stays; what would have to be replaced stops it before anything is written. A
 * file is written under another name first, so that whoever goes on after a crash finds whole files only.
 */
import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';
import type { LogReader } from '../../../log-archive/log-archive.ts';
import { syncFolder } from '../../../platform/atomic-file.ts';
import { formatLsn } from './lsn.ts';
import { chooseFiles, partialEnding, type SegmentFile } from './segment-files.ts';
import { historyName, parseBranchName } from './segment-name.ts';
import { findSegmentBytes } from './segment-size.ts';
import { parseTimelineHistory, type TimelineHistory } from './timeline-history.ts';
import { createWalReader } from './wal-reader.ts';

export interface ExportOptions {
  readonly log: LogReader;
  /** Absolute; made when it is not there. */
  readonly folder: string;
  readonly timeline?: number | undefined;
  readonly from?: bigint | undefined;
  readonly until?: bigint | undefined;
  readonly progress?: (progress: ExportProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface ExportProgress {
  readonly doneFiles: number;
  readonly totalFiles: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface ExportReport {
  readonly segmentBytes: number;
  readonly written: readonly string[];
  /** They were there already, with the same bytes. */
  readonly kept: readonly string[];
  readonly histories: readonly string[];
  /** Of log, without the zeros behind it. */
  readonly bytes: number;
  /** Names of segments that were not written to their end. */
  readonly partial: readonly string[];
  /** In words: what is missing between the files. */
  readonly lacks: readonly string[];
  /** In words: what in the bytes is no log of this cluster. */
  readonly damage: readonly string[];
}

/**
 * Raises LOG_GAP when there is nothing to write, RESTORE_REFUSED when the folder has a file of such a name with other
 * content, DISK_FULL, PERMISSION_DENIED, and what the archive raises. What was written stays.
 */
export async function exportSegments(options: ExportOptions): Promise<ExportReport> {
  const { log, folder, signal } = options;
  const coverage = await log.coverage(signal);
  const segmentBytes = await findSegmentBytes(log, coverage, signal);
  if (segmentBytes === undefined) throw nothingToWrite(log);
  const texts = await readHistories(log, signal);
  const histories = new Map(
    [...texts].map(([timeline, text]) => [timeline, parseTimelineHistory(timeline, text.toString())]),
  );
  requireTimeline(options, histories);
  const chosen = chooseFiles({ ...options, coverage, histories, segmentBytes });
  if (chosen.files.length === 0) throw nothingToWrite(log);
  const run: ExportRun = { ...options, segmentBytes, damage: [] };
  return await overDisk(folder, async () => {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    const wantedTexts = new Map([...texts].filter(([timeline]) => isOnWay(options, histories, timeline)));
    const kept = await compareAll(run, chosen.files, wantedTexts);
    const written = await writeAll(run, chosen.files, kept);
    for (const [timeline, text] of wantedTexts) await writeHistory(folder, timeline, text);
    await syncFolder(folder);
    return {
      ...{ segmentBytes, written, kept: [...kept], damage: run.damage },
      histories: [...wantedTexts.keys()].map(historyName),
      bytes: sumOf(chosen.files),
      partial: chosen.files.flatMap(({ segment, isPartial }) => (isPartial ? [segment] : [])),
      lacks: [...chosen.lacks, ...lackingHistories(chosen.files, texts)],
    };
  });
}

interface ExportRun extends ExportOptions {
  readonly segmentBytes: number;
  readonly damage: string[];
}

async function readHistories(
  log: LogReader,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, Buffer>> {
  const texts = new Map<number, Buffer>();
  for (const branch of await log.branches(signal)) {
    const timeline = parseBranchName(branch);
    const text = await log.history(branch, signal);
    if (timeline !== undefined && text !== undefined) texts.set(timeline, text);
  }
  return texts;
}

function requireTimeline(
  { timeline, log }: ExportOptions,
  histories: ReadonlyMap<number, TimelineHistory>,
): void {
  if (timeline === undefined || timeline === 1 || histories.has(timeline)) return;
  throw new LifeboatError('LOG_GAP', `the log of ${log.system} has no timeline ${timeline}`, {
    hint: 'Run `lifeboat log status` to see which there are.',
  });
}

function isOnWay(
  { timeline: wanted }: ExportOptions,
  histories: ReadonlyMap<number, TimelineHistory>,
  timeline: number,
): boolean {
  if (wanted === undefined || wanted === timeline) return true;
  return histories.get(wanted)?.ancestors.some((each) => each.timeline === timeline) ?? false;
}

function lackingHistories(
  files: readonly SegmentFile[],
  texts: ReadonlyMap<number, Buffer>,
): readonly string[] {
  const timelines = new Set(files.map(({ segment }) => Number.parseInt(segment.slice(0, 8), 16)));
  return [...timelines]
    .filter((timeline) => timeline > 1 && !texts.has(timeline))
    .map((timeline) => `${historyName(timeline)} is missing`);
}

/** Names of files that are there with the same bytes. Nothing was written when it raises. */
async function compareAll(
  run: ExportRun,
  files: readonly SegmentFile[],
  texts: ReadonlyMap<number, Buffer>,
): Promise<ReadonlySet<string>> {
  const kept = new Set<string>();
  for (const [timeline, text] of texts) {
    const file = path.join(run.folder, historyName(timeline));
    const there = await fs.readFile(file).catch(absent);
    if (there !== undefined && !there.equals(text)) throw differs(file);
  }
  for (const file of files) if (await isThere(run, file)) kept.add(fileName(file));
  return kept;
}

async function isThere(run: ExportRun, file: SegmentFile): Promise<boolean> {
  const asWhole = await compareFile(run, file, file.segment);
  if (asWhole === 'differs') throw differs(file.segment);
  // longer: it was exported from a vault that had more of it
  if (asWhole === 'same' || asWhole === 'longer') return true;
  const asPartial = await compareFile(run, file, file.segment + partialEnding);
  if (asPartial === 'differs') throw differs(file.segment + partialEnding);
  return file.isPartial && (asPartial === 'same' || asPartial === 'longer');
}

/** `shorter`: it ends with zeros where there is log; `longer`: it goes on where the log ends. */
type Comparison = 'absent' | 'same' | 'shorter' | 'longer' | 'differs';

async function compareFile(run: ExportRun, file: SegmentFile, name: string): Promise<Comparison> {
  const place = path.join(run.folder, name);
  const size = await fs.stat(place).then(({ size: bytes }) => bytes, absent);
  if (size === undefined) return 'absent';
  if (size !== run.segmentBytes) return 'differs';
  await using there = await fs.open(place, 'r');
  let at = 0;
  let isShorter = false;
  for await (const bytes of contentOf(run, file)) {
    const own = Buffer.alloc(bytes.length);
    await there.read(own, 0, own.length, at);
    isShorter ||= !own.equals(bytes);
    if (isShorter && !isPrefixThenZeros(own, bytes)) return 'differs';
    at += bytes.length;
  }
  const isZeros = await restIsZeros(place, at);
  if (isShorter) return isZeros ? 'shorter' : 'differs';
  return isZeros ? 'same' : file.isPartial ? 'longer' : 'differs';
}

function isPrefixThenZeros(own: Buffer, bytes: Uint8Array): boolean {
  const at = own.findIndex((byte, index) => byte !== bytes[index]);
  return at < 0 || own.subarray(at).every((byte) => byte === 0);
}

async function restIsZeros(file: string, from: number): Promise<boolean> {
  const stream = createReadStream(file, { start: from });
  for await (const bytes of stream) if (Buffer.from(bytes).some((byte) => byte !== 0)) return false;
  return true;
}

async function writeAll(
  run: ExportRun,
  files: readonly SegmentFile[],
  kept: ReadonlySet<string>,
): Promise<readonly string[]> {
  const written: string[] = [];
  const totals = { totalFiles: files.length, totalBytes: sumOf(files) };
  let doneBytes = 0;
  for (const [index, file] of files.entries()) {
    const name = fileName(file);
    if (!kept.has(name)) {
      await writeFile(run, file, name);
      written.push(name);
    }
    doneBytes += file.bytes;
    run.progress?.({ ...totals, doneBytes, doneFiles: index + 1 });
  }
  return written;
}

async function writeFile(run: ExportRun, file: SegmentFile, name: string): Promise<void> {
  const place = path.join(run.folder, name);
  const work = `${place}.work`;
  try {
    await using out = await fs.open(work, 'w', 0o600);
    for await (const bytes of contentOf(run, file)) await out.writeFile(bytes);
    // really written: a hole would take room later, when there may be none
    const zeros = Buffer.alloc(zeroBytes);
    for (let left = run.segmentBytes - file.bytes; left > 0; left -= zeroBytes)
      await out.writeFile(zeros.subarray(0, Math.min(left, zeroBytes)));
    await out.sync();
  } catch (error) {
    await fs.rm(work, { force: true });
    throw error;
  }
  await fs.rename(work, place);
  if (!file.isPartial) await fs.rm(place + partialEnding, { force: true });
}

const zeroBytes = 64 * 1024;

async function writeHistory(folder: string, timeline: number, text: Buffer): Promise<void> {
  const place = path.join(folder, historyName(timeline));
  await fs.writeFile(`${place}.work`, text, { mode: 0o600, flush: true });
  await fs.rename(`${place}.work`, place);
}

/** The bytes of the log, read as log on the way. */
async function* contentOf(run: ExportRun, file: SegmentFile): AsyncGenerator<Buffer> {
  const { log, segmentBytes, signal, damage } = run;
  const start = file.parts[0]?.start ?? 0n;
  const reader = createWalReader({ start, segmentBytes, onRecord: () => undefined });
  for (const part of file.parts)
    for await (const bytes of log.read(part, signal)) {
      signal?.throwIfAborted();
      reader.feed(bytes);
      yield bytes;
    }
  const { ending, page } = reader;
  const found =
    ending !== undefined
      ? `${file.segment} cannot be read from ${formatLsn(ending.at)} on: ${ending.reason}`
      : page?.systemId !== undefined && page.systemId !== log.incarnation
        ? `${file.segment} is of the cluster ${page.systemId}, not of ${log.incarnation}`
        : undefined;
  if (found !== undefined && !damage.includes(found)) damage.push(found);
}

function fileName({ segment, isPartial }: SegmentFile): string {
  return isPartial ? segment + partialEnding : segment;
}

function sumOf(files: readonly SegmentFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function absent(error: unknown): undefined {
  if (systemErrorName(error) === 'ENOENT') return undefined;
  throw error;
}

async function overDisk<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const name = systemErrorName(error);
    if (name === 'ENOSPC' || name === 'EDQUOT')
      throw new LifeboatError('DISK_FULL', `the disk of ${folder} is full`, {
        hint: 'Free space and run the same again: the files that are whole stay.',
        cause: error,
      });
    if (name === 'EACCES' || name === 'EPERM' || name === 'EROFS')
      throw new LifeboatError('PERMISSION_DENIED', `${folder} cannot be written`, {
        hint: 'Name a folder that this user may write.',
        cause: error,
      });
    throw error;
  }
}

function differs(file: string): LifeboatError {
  return new LifeboatError('RESTORE_REFUSED', `${path.basename(file)} is there already with other content`, {
    hint: 'Nothing was written. Name an empty folder, or one with files of the same log.',
  });
}

function nothingToWrite(log: LogReader): LifeboatError {
  return new LifeboatError('LOG_GAP', `the vaults hold nothing of the log of ${log.system} in these bounds`, {
    hint: 'Run `lifeboat log status` to see what there is.',
  });
}
