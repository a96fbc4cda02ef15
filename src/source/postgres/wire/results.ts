/**
 * What a server answers to one simple query, in parts as they come: rows, and streams of bytes in one direction or both.
 * The parts are taken one after the other; a stream must have been read to its end before the next part is asked for.
 */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import type { Channel } from './channel.ts';
import { fieldsOf } from './field-reader.ts';
import { copyData, copyDone, copyFail } from './front-messages.ts';
import type { Message } from './message-reader.ts';

export type ResultPart =
  | ({ readonly kind: 'rows' } & Rows)
  | { readonly kind: 'copy-out'; readonly copy: CopyOut }
  | { readonly kind: 'copy-in'; readonly sink: CopySink }
  | { readonly kind: 'copy-both'; readonly both: CopyBoth };

export interface Rows {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** The bytes of the values of each row, for what is no text in our encoding. */
  readonly bytes: readonly (readonly (Buffer | null)[])[];
  /** What the server calls it: `SELECT 3`. */
  readonly tag: string;
}

export interface Column {
  readonly name: string;
  /** As in pg_type. */
  readonly typeOid: number;
}

/** Values in the text form of their type. */
export type Row = readonly (string | null)[];

export interface CopySink {
  /** Resolves when little waits to be sent. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it; what the server says to it follows as the next parts. */
  end(): void;
  fail(reason: string): void;
}

/** Each piece is one message of the server. */
export interface CopyOut {
  /** What has come already; `undefined` when nothing has, or all of it. Good until the next is asked for. */
  poll(): Buffer | undefined;
  /** `undefined` at the end. Good until the next is asked for. */
  receive(): Promise<Buffer | undefined>;
}

export interface CopyBoth {
  /** What has come already; `undefined` when nothing has, or the server has ended. */
  poll(): Buffer | undefined;
  /** `undefined` when the server has ended its direction. */
  receive(signal?: AbortSignal): Promise<Buffer | undefined>;
  /** Takes nothing more from the connection until the next `receive`. */
  rest(): void;
  write(bytes: Uint8Array): void;
  /** Ends our direction. */
  finish(): void;
}

/** Where messages come from, less those that may come at any time. Raises the error of the server for one. */
export interface Messages {
  poll(): Message | undefined;
  receive(signal?: AbortSignal): Promise<Message>;
}

/** Held in memory at once. */
const resultBytesMax = 64 * 1024 * 1024;

/** Ends when the server is ready for the next query. */
export async function* readResults(
  messages: Messages,
  channel: Channel,
  signal: AbortSignal | undefined,
): AsyncGenerator<ResultPart, void> {
  let result = emptyResult();
  for (;;) {
    const message = await messages.receive(signal);
    switch (message.type) {
      case 'T':
        result.columns = parseColumns(message.body);
        break;
      case 'D':
        addRow(result, Buffer.from(message.body));
        break;
      case 'C':
        yield rowsOf(result, fieldsOf(message.body).text());
        result = emptyResult();
        break;
      case 'H':
        yield { kind: 'copy-out', copy: copyOf(messages, signal) };
        break;
      case 'G':
        yield { kind: 'copy-in', sink: sinkOf(channel, signal) };
        break;
      case 'W':
        yield { kind: 'copy-both', both: bothOf(messages, channel) };
        break;
      case 'I':
        break;
      case 'Z':
        return;
      default:
        throw unexpected(message);
    }
  }
}

interface Result {
  columns: readonly Column[];
  rows: (readonly (Buffer | null)[])[];
  size: number;
}

function emptyResult(): Result {
  return { columns: [], rows: [], size: 0 };
}

function rowsOf({ columns, rows }: Result, tag: string): ResultPart {
  const asText = rows.map((row) => row.map((value) => value?.toString() ?? null));
  return { kind: 'rows', columns, rows: asText, bytes: rows, tag };
}

function parseColumns(body: Buffer): readonly Column[] {
  const fields = fieldsOf(body);
  return Array.from({ length: fields.int16() }, () => {
    const name = fields.text();
    fields.bytes(6); // table and attribute
    const typeOid = fields.uint32();
    fields.bytes(8); // length, modifier, format
    return { name, typeOid };
  });
}

function addRow(result: Result, body: Buffer): void {
  result.size += body.length;
  if (result.size > resultBytesMax) {
    throw new LifeboatError('SOURCE_INVALID', `a query gives more than ${resultBytesMax} bytes`, {
      hint: 'Write queries that give figures, such as counts and sums, not the data itself.',
    });
  }
  const fields = fieldsOf(body);
  const values = Array.from({ length: fields.int16() }, () => {
    const length = fields.int32();
    return length === -1 ? null : fields.bytes(length);
  });
  result.rows.push(values);
}

function copyOf(messages: Messages, signal: AbortSignal | undefined): CopyOut {
  let ended = false;
  const open = (message: Message | undefined): Buffer | undefined => {
    if (message === undefined || message.type === 'd') return message?.body;
    if (message.type !== 'c') throw unexpected(message);
    ended = true;
    return undefined;
  };
  return {
    poll: () => (ended ? undefined : open(messages.poll())),
    receive: async () => (ended ? undefined : open(await messages.receive(signal))),
  };
}

function sinkOf(channel: Channel, signal: AbortSignal | undefined): CopySink {
  return {
    write: async (bytes) => {
      channel.write(copyData(bytes));
      await channel.drained(signal);
    },
    end: () => channel.write(copyDone()),
    fail: (reason) => channel.write(copyFail(reason)),
  };
}

function bothOf(messages: Messages, channel: Channel): CopyBoth {
  let ended = false;
  const open = (message: Message | undefined): Buffer | undefined => {
    // What streams keep for long is theirs.
    if (message === undefined || message.type === 'd') return message && Buffer.from(message.body);
    if (message.type === 'C') throw stopped();
    if (message.type !== 'c') throw unexpected(message);
    ended = true;
    return undefined;
  };
  return {
    poll: () => (ended ? undefined : open(messages.poll())),
    receive: async (signal) => (ended ? undefined : open(await messages.receive(signal))),
    rest: () => channel.rest(),
    write: (bytes) => channel.write(copyData(bytes)),
    finish: () => channel.write(copyDone()),
  };
}

/** A server that is being stopped ends the command without ending the stream. */
function stopped(): LifeboatError {
  return new LifeboatError('SOURCE_UNREACHABLE', 'the server is being stopped', {
    hint: 'Start it again; the stream goes on where it ended.',
    retryable: true,
  });
}

function unexpected({ type }: Message): LifeboatError {
  return new LifeboatError(
    'SOURCE_INVALID',
    `the server sent a message (${JSON.stringify(type)}) out of turn`,
    {
      hint: 'Check that host and port are those of PostgreSQL itself, and not of a pooler.',
    },
  );
}
