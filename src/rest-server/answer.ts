/** What a request is answered with, as a value; sending it is done in one place. */
import type { ErrorCode } from '../error/codes.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** The length that a HEAD tells, where there is no body. */
  readonly bodyBytes?: number;
  /** Nothing more is read from this connection: what was sent on it is not known. */
  readonly closes?: true;
}

/** A status with a few words for people. */
export function words(status: number, text: string, more: Omit<Answer, 'status' | 'body'> = {}): Answer {
  const headers = { 'content-type': 'text/plain; charset=utf-8', ...more.headers };
  return { ...more, status, headers, body: Buffer.from(`${text}\n`) };
}

export const done: Answer = { status: 200 };

/** Which failure of a store is which status. */
const statusOf: Readonly<Partial<Record<ErrorCode, number>>> = {
  OBJECT_MISSING: 404,
  OBJECT_EXISTS: 403,
  OBJECT_RETAINED: 403,
  OBJECT_COLD: 409,
  STORE_APPEND_ONLY: 403,
  STORE_READ_ONLY: 403,
  STORE_DENIED: 502,
  STORE_UNAVAILABLE: 503,
  DISK_FULL: 507,
};

/** Nobody outside learns more than the status: messages name places of this machine. The access log has the code. */
export function failure(error: unknown): { readonly answer: Answer; readonly code: string } {
  const code = error instanceof LifeboatError ? error.code : 'INTERNAL';
  const status = (error instanceof LifeboatError ? statusOf[error.code] : undefined) ?? 500;
  return { answer: words(status, textOf[status] ?? 'the server cannot do this now'), code };
}

const textOf: Readonly<Record<number, string>> = {
  403: 'the store does not allow this',
  404: 'there is no such object',
  409: 'the object lies in an archive and must be thawed first',
  502: 'the store refuses the credentials of this server',
  503: 'the store does not answer',
  507: 'the store is full',
};
