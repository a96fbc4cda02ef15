/**
 * A base backup as the server sends it: where it starts, its tablespaces, an archive of each and the main one last, the
 * manifest, where it ends. From version 15 on all of it is one stream, in which a letter says what each piece is.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { parseLsn } from '../wal/lsn.ts';
import type { PostgresConnection } from '../wire/connection.ts';
import { fieldsOf } from '../wire/field-reader.ts';
import type { ResultPart, Rows } from '../wire/results.ts';
import { type BackupCommand, backupCommand, oneStreamFrom } from './backup-command.ts';

export interface BackupStream {
  readonly start: BackupPoint;
  readonly tablespaces: readonly BackupTablespace[];
  /** Bytes of all, where the server was asked for it. */
  readonly bytes: number | undefined;
  /** Consumed once; the data of each to its end, before the next. */
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
  for (const oid of oids) {
    const data = await nextCopy(answers);
    yield { kind: 'archive', data, ...(oid === null ? {} : { oid }) };
  }
  yield { kind: 'manifest', data: await nextCopy(answers) };
}

async function* oneStreamParts(answers: AsyncGenerator<ResultPart, void>): AsyncGenerator<BackupPart, void> {
  const messages = (await nextCopy(answers))[Symbol.asyncIterator]();
  let next: Buffer | undefined;
  const take = async (): Promise<Buffer | undefined> => {
    const { value, done } = await messages.next();
    return done === true ? undefined : value;
  };
  async function* data(): AsyncGenerator<Buffer, void> {
    for (;;) {
      next = await take();
      const letter = String.fromCharCode(next?.[0] ?? 0);
      if (next === undefined || letter === 'n' || letter === 'm') return;
      if (letter === 'd') yield next.subarray(1);
      else if (letter !== 'p') throw unknownAnswer();
    }
  }
  for (next = await take(); next !== undefined; ) {
    if (next[0] === 'm'.charCodeAt(0)) {
      yield { kind: 'manifest', data: data() };
    } else {
      const name = fieldsOf(next.subarray(1)).text();
      const [, oid] = /^(\d+)\.tar$/.exec(name) ?? [];
      if (oid === undefined && name !== 'base.tar') throw unknownAnswer();
      yield { kind: 'archive', data: data(), ...(oid === undefined ? {} : { oid }) };
    }
  }
}

async function nextRows(answers: AsyncGenerator<ResultPart, void>): Promise<Rows> {
  const { value } = await answers.next();
  if (value?.kind === 'rows') return value;
  throw unknownAnswer();
}

async function nextCopy(answers: AsyncGenerator<ResultPart, void>): Promise<AsyncIterable<Buffer>> {
  const { value } = await answers.next();
  if (value?.kind === 'copy-out') return value.data;
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
