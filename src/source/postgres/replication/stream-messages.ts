/** What goes over a stream of the log, both ways. Source: PostgreSQL documentation, "Streaming Replication Protocol". */
import { LifeboatError } from '../../../error/lifeboat-error.ts';
import { fieldsOf } from '../wire/field-reader.ts';

export type StreamMessage =
  | {
      readonly kind: 'bytes';
      readonly start: bigint;
      readonly serverEnd: bigint;
      readonly sentAtMs: number;
      readonly bytes: Buffer;
    }
  | {
      readonly kind: 'alive';
      readonly serverEnd: bigint;
      readonly sentAtMs: number;
      /** It ends the stream unless we answer soon. */
      readonly wantsReply: boolean;
    };

export interface Status {
  /** What the server may delete and let commits return for; 0 says nothing of it. */
  readonly durable: bigint;
  readonly nowMs: number;
  readonly wantsReply: boolean;
}

/** Milliseconds from 1970 to 2000, where PostgreSQL counts microseconds from. */
const postgresEpochMs = 946_684_800_000;

export function parseStreamMessage(body: Buffer): StreamMessage {
  const fields = fieldsOf(body);
  const type = String.fromCharCode(fields.byte());
  if (type === 'w') {
    const start = fields.uint64();
    const serverEnd = fields.uint64();
    return { kind: 'bytes', start, serverEnd, sentAtMs: clockMs(fields.uint64()), bytes: fields.rest() };
  }
  if (type === 'k') {
    const serverEnd = fields.uint64();
    return { kind: 'alive', serverEnd, sentAtMs: clockMs(fields.uint64()), wantsReply: fields.byte() === 1 };
  }
  throw new LifeboatError('SOURCE_INVALID', `the stream of the log holds what is not known: ${type}`, {
    hint: 'Check that Lifeboat knows this version of PostgreSQL.',
  });
}

/**
 * Written and flushed are the same: what is only in our memory is nowhere. Nothing is ever applied, so that a commit
 * with `synchronous_commit = remote_apply` would wait for ever.
 */
export function encodeStatus({ durable, nowMs, wantsReply }: Status): Buffer {
  const message = Buffer.alloc(34);
  message.write('r');
  message.writeBigUInt64BE(durable, 1);
  message.writeBigUInt64BE(durable, 9);
  message.writeBigInt64BE(BigInt(Math.round((nowMs - postgresEpochMs) * 1000)), 25);
  message.writeUInt8(wantsReply ? 1 : 0, 33);
  return message;
}

function clockMs(us: bigint): number {
  return postgresEpochMs + Number(BigInt.asIntN(64, us)) / 1000;
}
