/** Takes the body of a request into memory, as long as it is as long as it said, in time. */
import type { IncomingMessage } from 'node:http';
import { hasCode, LifeboatError } from '../error/lifeboat-error.ts';
import { withTimeout } from '../platform/timers.ts';
import { type Answer, words } from './answer.ts';
import { type RestLimits, transferMsMax } from './rest-limits.ts';

export type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly answer: Answer };

export type BodyLength =
  | { readonly kind: 'known'; readonly bytes: number }
  | { readonly kind: 'refused'; readonly answer: Answer };

/** Looked at before a byte of the body is read. */
export function lengthOf(request: IncomingMessage, limits: RestLimits): BodyLength {
  const header = request.headers['content-length'];
  if (header === undefined || !/^\d{1,15}$/.test(header))
    return refused(411, 'the length of the body must be said before it is sent');
  const bytes = Number(header);
  if (bytes <= limits.objectBytesMax) return { kind: 'known', bytes };
  return refused(413, `an object has at most ${limits.objectBytesMax} bytes here`);
}

/** `length` in bytes, as the request said. Raises the reason of an aborted signal. */
export async function readBody(
  request: IncomingMessage,
  length: number,
  limits: RestLimits,
  signal: AbortSignal,
): Promise<Body> {
  const timeoutMs = transferMsMax(limits, length);
  try {
    return await withTimeout({ timeoutMs, timeoutError: tooSlow, signal }, () => collect(request, length));
  } catch (error) {
    if (hasCode(error, 'STORE_UNAVAILABLE')) return refused(408, error.message);
    throw error;
  }
}

async function collect(request: IncomingMessage, length: number): Promise<Body> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  for await (const chunk of request) {
    const part: Buffer = chunk;
    if (filled + part.length > length) return refused(400, 'the body is longer than it said');
    filled += part.copy(bytes, filled);
  }
  return filled === length ? { kind: 'whole', bytes } : refused(400, 'the body was cut off');
}

function refused(status: number, text: string): { readonly kind: 'refused'; readonly answer: Answer } {
  return { kind: 'refused', answer: words(status, text, { closes: true }) };
}

function tooSlow(): LifeboatError {
  return new LifeboatError('STORE_UNAVAILABLE', 'the body took too long');
}
