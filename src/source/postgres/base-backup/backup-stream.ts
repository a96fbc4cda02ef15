/**
 * A base backup as the server sends it: where it starts, its tablespaces, an archive of each and the main one last, the
 * manifest, where it ends. From version 15 on all of it is one stream, in which a letter says what each piece is.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { parseLsn } from '../wal/lsn.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import { fieldsOf } from '../wire/field-reader.ts';
import type { CopyOut, ResultPart, Rows } from '../wire/results.ts';
import { type BackupCommand, backupCommand, oneStreamFrom } from './backup-command.ts';

export interface BackupStream {
  readonly start: BackupPoint;
  readonly tablespaces: readonly BackupTablespace[];
  /** Bytes of all, where the server was asked for it. */
  readonly bytes: number | undefined;
  /** Consumed once; the data of each to its end, before the next. A piece is good until the next one is asked for. */
  readonly parts: AsyncIterable<BackupPart>;
  /** After the last part. Raises SOURCE_DAMAGED when the server found damaged pages; `end` is there even then. */
  finish(): Promise<FinishedBackup>;
}

export interface BackupPoint {
  readonly lsn: bigint;
  readonly timeline: number;
}

export interface FinishedBackup {
  readonly end: BackupPoint;
  /** What the server raised after everything had been sent. */
  readonly failure?: LifeboatError;
}

export interface BackupTablespace {
  readonly oid: string;
  readonly location: string;
}

export type BackupPart =
  /** `oid` is absent for the data directory. */
  | { readonly kind: 'archive'; readonly oid?: string; readonly data: AsyncIterable<Buffer> }
  | { readonly kind: 'manifest'; readonly data: AsyncIterable<Buffer> };

/** What each message of the one stream begins with. */
const letters = { archive: 0x6e, manifest: 0x6d, data: 0x64, progress: 0x70 } as const;
const noBytes = Buffer.alloc(0);
/** Every piece passes through half a dozen hands; the server's own are 32 KB. */
const joinedBytes = 256 * 1024;

/** Resolves when the checkpoint is done. Raises SOURCE_* errors. */
export async function beginBackup(
  connection: PostgresConnection,
  command: BackupCommand,
  signal?: AbortSignal,
): Promise<BackupStream> {
  const { major } = connection.version;
  const answers = connection.results(backupCommand(command, major), signal);
  const start = pointOf(await nextRows(answers));
  const { rows } = await nextRows(answers);
  const oids = rows.map(([oid = null]) => oid);
  const sizes = rows.map(([, , size = null]) => (size === null ? Number.NaN : Number(size) * 1024));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return {
    start,
    tablespaces: rows.flatMap(([oid = null, location = null]) =>
      oid === null ? [] : [{ oid, location: location ?? '' }],
    ),
    bytes: Number.isNaN(bytes) ? undefined : bytes,
    parts: major < oneStreamFrom ? separateParts(answers, oids) : oneStreamParts(answers),
    finish: async () => {
      const end = pointOf(await nextRows(answers));
      try {
        while ((await answers.next()).done !== true);
        return { end };
      } catch (error) {
        if (!(error instanceof LifeboatError) || error.details['severity'] !== 'ERROR') throw error;
        return { end, failure: error };
      }
    },
  };
}

async function* separateParts(
  answers: AsyncGenerator<ResultPart, void>,
  oids: readonly (string | null)[],
): AsyncGenerator<BackupPart, void> {
  const joined = Buffer.allocUnsafeSlow(joinedBytes);
  for (const oid of oids) {
    const data = copiedData(await nextCopy(answers), joined);
    yield { kind: 'archive', data, ...(oid === null ? {} : { oid }) };
  }
  yield { kind: 'manifest', data: copiedData(await nextCopy(answers), joined) };
}

async function* copiedData(copy: CopyOut, joined: Buffer): AsyncGenerator<Buffer, void> {
  yield* joinPieces(joined, () => copy.poll(), copy.receive);
}

async function* oneStreamParts(answers: AsyncGenerator<ResultPart, void>): AsyncGenerator<BackupPart, void> {
  const copy = await nextCopy(answers);
  const joined = Buffer.allocUnsafeSlow(joinedBytes);
  /** What ended the data of the part before: the head of the next part, until it is taken; `undefined` at the end. */
  let head = await copy.receive();
  const content = (message: Buffer | undefined): Buffer | undefined => {
    const letter = message?.[0];
    if (message === undefined || letter === letters.archive || letter === letters.manifest) {
      head = message;
      return undefined;
    }
    if (letter === letters.data) return message.subarray(1);
    if (letter === letters.progress) return noBytes;
    throw unknownAnswer();
  };
  const poll = (): Buffer | undefined => {
    const message = copy.poll();
    return message === undefined ? undefined : content(message);
  };
  while (head !== undefined) {
    const name = head[0] === letters.archive ? fieldsOf(head.subarray(1)).text() : undefined;
    if (name === undefined && head[0] !== letters.manifest) throw unknownAnswer();
    const before: Buffer = head;
    // A head that came while pieces were joined must not be asked for once more.
    const isOver = () => head !== before;
    const data = joinPieces(
      joined,
      () => (isOver() ? undefined : poll()),
      async () => (isOver() ? undefined : content(await copy.receive())),
    );
    yield partOf(name, data);
  }
}

function partOf(name: string | undefined, data: AsyncIterable<Buffer>): BackupPart {
  if (name === undefined) return { kind: 'manifest', data };
  const [, oid] = /^(\d+)\.tar$/.exec(name) ?? [];
  if (oid === undefined && name !== 'base.tar') throw unknownAnswer();
  return { kind: 'archive', data, ...(oid === undefined ? {} : { oid }) };
}

/**
 * Many small pieces as few large ones, in memory that is filled again and again. `poll` gives what has come already, and
 * `receive` waits for more; it gives nothing at the end.
 */
async function* joinPieces(
  joined: Buffer,
  poll: () => Buffer | undefined,
  receive: () => Promise<Buffer | undefined>,
): AsyncGenerator<Buffer, void> {
  let used = 0;
  for (let piece = await receive(); piece !== undefined; piece = poll() ?? (await receive())) {
    if (used + piece.length > joined.length) {
      yield joined.subarray(0, used);
      used = 0;
    }
    if (piece.length > joined.length) yield piece;
    else used += piece.copy(joined, used);
  }
  if (used > 0) yield joined.subarray(0, used);
}

async function nextRows(answers: AsyncGenerator<ResultPart, void>): Promise<Rows> {
  const { value } = await answers.next();
  if (value?.kind === 'rows') return value;
  throw unknownAnswer();
}

async function nextCopy(answers: AsyncGenerator<ResultPart, void>): Promise<CopyOut> {
  const { value } = await answers.next();
  if (value?.kind === 'copy-out') return value.copy;
  throw unknownAnswer();
}

function pointOf({ rows }: Rows): BackupPoint {
  const [text = null, timeline = null] = rows[0] ?? [];
  const lsn = parseLsn(text ?? '');
  if (lsn === undefined || timeline === null) throw unknownAnswer();
  return { lsn, timeline: Number(timeline) };
}

function unknownAnswer(): LifeboatError {
  return new LifeboatError('SOURCE_INVALID', 'the server answered BASE_BACKUP in a way that is not known', {
    hint: 'Check that host and port are those of PostgreSQL itself, and that Lifeboat knows its version.',
  });
}
