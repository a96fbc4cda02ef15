/** Reads the fields of one message, in order. What is not there reads as a message that is cut off. */
import { LifeboatError } from '../../../error/lifeboat-error.ts';

export interface FieldReader {
  int16(): number;
  int32(): number;
  uint32(): number;
  uint64(): bigint;
  byte(): number;
  bytes(count: number): Buffer;
  /** Up to a zero byte, which is skipped. */
  text(): string;
  rest(): Buffer;
  /** Bytes not read yet. */
  left(): number;
}

export function fieldsOf(body: Buffer): FieldReader {
  let at = 0;
  const bytes = (count: number): Buffer => {
    if (count < 0 || at + count > body.length) throw cutOff();
    at += count;
    return body.subarray(at - count, at);
  };
  return {
    int16: () => bytes(2).readInt16BE(),
    int32: () => bytes(4).readInt32BE(),
    uint32: () => bytes(4).readUInt32BE(),
    uint64: () => bytes(8).readBigUInt64BE(),
    byte: () => bytes(1).readUInt8(),
    bytes,
    text: () => {
      const end = body.indexOf(0, at);
      if (end === -1) throw cutOff();
      const value = body.toString('utf8', at, end);
      at = end + 1;
      return value;
    },
    rest: () => bytes(body.length - at),
    left: () => body.length - at,
  };
}

function cutOff(): LifeboatError {
  return new LifeboatError('SOURCE_INVALID', 'a message of the server is shorter than it must be', {
    hint: 'Check that host and port are those of PostgreSQL, and that nothing between changes what is sent.',
  });
}
