/**
 * What every Source must do, whatever it captures. Each kind runs this suite over a real source, made anew for
 * every test.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Capture, CaptureEvent, Source } from '../../src/source/source.ts';

export interface SourceUnderTest extends AsyncDisposable {
  /** A source that can be captured, with at least one regular file. */
  readonly source: Source;
  /** The same kind of source whose input is not there. */
  readonly broken: Source;
  /** Names that tell when a capture was made, such as those of a log. */
  readonly ofTheMoment?: RegExp;
}

/** An aborted capture must be over this soon; real ones take some milliseconds. */
const abortMsMax = 10_000;

export function sourceConformance(kind: string, make: () => Promise<SourceUnderTest>): void {
  const conforms = (what: string, check: (subject: SourceUnderTest) => Promise<void>) =>
    test(`${kind}: ${what}`, async () => {
      await using subject = await make();
      await check(subject);
    });
  conforms('describes itself', describesItself);
  conforms('a source that can be captured has no finding of severity error', findsNothing);
  conforms('a broken source has findings that say what to do, and does not capture', findsWhatIsBroken);
  conforms('events are a balanced tree with unique names and whole metadata', givesWellFormedEvents);
  conforms('the content of every file can be read to its end', givesContent);
  conforms('two captures of the same state have the same names', repeats);
  conforms('the result is refused before the events were consumed', refusesEarlyResult);
  conforms('a finished capture tells when and what it saw', givesResult);
  conforms('disposing is idempotent at every stage', disposesAnyTime);
  conforms('nothing more is given out after disposal', stopsWhenDisposed);
  conforms('an aborted signal stops preflight, capture and events with its reason', stopsWhenAborted);
}

async function describesItself({ source, broken }: SourceUnderTest): Promise<void> {
  assert.match(source.description, /\w/);
  assert.match(broken.description, /\w/);
}

async function findsNothing({ source }: SourceUnderTest): Promise<void> {
  const findings = await source.preflight();
  assert.deepEqual(
    findings.filter((finding) => finding.severity === 'error'),
    [],
  );
}

async function findsWhatIsBroken({ broken }: SourceUnderTest): Promise<void> {
  const findings = await broken.preflight();
  assert.ok(findings.some((finding) => finding.severity === 'error'));
  for (const { message, hint } of findings) {
    assert.match(message, /^[^A-Z].*[^.]$/s, 'a message is lower-case without a full stop');
    assert.match(hint, /^[A-Z].*\.$/s, 'a hint is a sentence');
  }
  await assert.rejects(readAll(broken));
}

async function givesWellFormedEvents({ source }: SourceUnderTest): Promise<void> {
  await using capture = await source.capture();
  const open: Set<string>[] = [new Set()];
  for (const event of await allEvents(capture)) {
    if (event.kind === 'leave') {
      open.pop();
      assert.ok(open.length > 0, 'no folder is left that was not entered');
      continue;
    }
    checkName(event.name);
    checkMetadata(event);
    const siblings = open.at(-1);
    const name = event.name.toString('latin1');
    assert.ok(siblings !== undefined && !siblings.has(name), `"${name}" appears once in its folder`);
    siblings.add(name);
    if (event.kind === 'enter') open.push(new Set());
  }
  assert.equal(open.length, 1, 'every folder that was entered is left');
}

function checkName(name: Buffer): void {
  assert.ok(name.length > 0 && !name.includes('/') && !name.includes(0), 'a name is the name of one entry');
  assert.ok(!['.', '..'].includes(name.toString('latin1')));
}

const typeBits: Readonly<Record<string, number>> = {
  file: 0o100000,
  dir: 0o40000,
  symlink: 0o120000,
  dev: 0o60000,
  chardev: 0o20000,
  fifo: 0o10000,
};

function checkMetadata(event: Exclude<CaptureEvent, { kind: 'leave' }>): void {
  const { metadata } = event;
  assert.equal(metadata.mode & 0o170000, typeBits[metadata.type], 'the mode has the bits of the type');
  assert.ok(Number.isSafeInteger(metadata.size) && metadata.size >= 0);
  assert.equal(metadata.linkTarget !== undefined, metadata.type === 'symlink');
  assert.equal(event.kind === 'enter', metadata.type === 'dir', 'folders are entered, and nothing else is');
  if (event.kind === 'entry') assert.equal(event.content.kind !== 'none', metadata.type === 'file');
}

async function givesContent({ source }: SourceUnderTest): Promise<void> {
  await using capture = await source.capture();
  const events = await allEvents(capture);
  const files = events.filter((event) => event.kind === 'entry' && event.metadata.type === 'file');
  assert.ok(files.length > 0, 'the source under test has a file');
}

async function repeats({ source, ofTheMoment }: SourceUnderTest): Promise<void> {
  const lasting = async () => names(await readAll(source)).filter((name) => ofTheMoment?.test(name) !== true);
  assert.deepEqual(await lasting(), await lasting());
}

async function refusesEarlyResult({ source }: SourceUnderTest): Promise<void> {
  await using capture = await source.capture();
  await assert.rejects(capture.result());
}

async function givesResult({ source }: SourceUnderTest): Promise<void> {
  const before = Date.now();
  await using capture = await source.capture();
  await allEvents(capture);
  const result = await capture.result();
  assert.ok(result.capturedAtMs >= before && result.capturedAtMs <= Date.now());
  assert.deepEqual(result.problems, []);
  assert.equal(result.start.kind, result.end.kind);
  assert.ok(result.writerPauseMs >= 0);
  assert.ok(
    Object.values(result.values).every((value) => typeof value === 'string' || Number.isFinite(value)),
  );
}

async function disposesAnyTime({ source }: SourceUnderTest): Promise<void> {
  const untouched = await source.capture();
  await untouched[Symbol.asyncDispose]();
  await untouched[Symbol.asyncDispose]();
  const halfway = await source.capture();
  await firstBatch(halfway);
  await halfway[Symbol.asyncDispose]();
  await halfway[Symbol.asyncDispose]();
  const finished = await source.capture();
  await allEvents(finished);
  await finished[Symbol.asyncDispose]();
  await finished[Symbol.asyncDispose]();
  assert.ok((await readAll(source)).length > 0, 'the source can be captured again');
}

async function stopsWhenDisposed({ source }: SourceUnderTest): Promise<void> {
  const capture = await source.capture();
  await capture[Symbol.asyncDispose]();
  const given: CaptureEvent[] = [];
  // A stop may be an error or an early end; what must not happen is that the capture looks complete.
  await Array.fromAsync(capture.events).then(
    (batches) => given.push(...batches.flat()),
    () => undefined,
  );
  assert.deepEqual(given, []);
  await assert.rejects(capture.result());
}

async function stopsWhenAborted({ source }: SourceUnderTest): Promise<void> {
  const reason = new Error('the test has seen enough');
  const aborted = AbortSignal.abort(reason);
  await assert.rejects(source.preflight(aborted), reason);
  await assert.rejects(source.capture(aborted), reason);
  const controller = new AbortController();
  await using capture = await source.capture(controller.signal);
  controller.abort(reason);
  const startedMs = performance.now();
  await assert.rejects(allEvents(capture), reason);
  assert.ok(performance.now() - startedMs < abortMsMax);
}

async function readAll(source: Source): Promise<readonly CaptureEvent[]> {
  await using capture = await source.capture();
  const events = await allEvents(capture);
  await capture.result();
  return events;
}

/** The contents of a batch are read before the next one is asked for: a source may wait for it. */
async function allEvents(capture: Capture): Promise<readonly CaptureEvent[]> {
  const events: CaptureEvent[] = [];
  for await (const batch of capture.events) {
    await readContents(batch);
    events.push(...batch);
  }
  return events;
}

async function firstBatch(capture: Capture): Promise<void> {
  const first = await capture.events[Symbol.asyncIterator]().next();
  assert.ok(first.done !== true && first.value.length > 0);
}

/** Streams are read as the backup reads them; files in place are the reader's own business. */
async function readContents(events: readonly CaptureEvent[]): Promise<void> {
  for (const event of events) {
    if (event.kind !== 'entry' || event.content.kind !== 'stream') continue;
    let bytes = 0;
    for await (const chunk of event.content.open()) bytes += chunk.length;
    if (event.metadata.size > 0) assert.equal(bytes, event.metadata.size);
  }
}

function names(events: readonly CaptureEvent[]): readonly string[] {
  return events.map((event) => (event.kind === 'leave' ? '..' : event.name.toString('latin1')));
}
