import { type ErrorCode, type ExitCode, errorCodes } from './codes.ts';

export interface ErrorOptions {
  /** What the reader should do now: one sentence. */
  readonly hint?: string;
  /** True when the same call may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
  /** Facts for machines; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one error class. Messages are lower-case without a full stop; hints are sentences. */
export class LifeboatError extends Error {
  override readonly name = 'LifeboatError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }

  get exitCode(): ExitCode {
    return errorCodes[this.code].exit;
  }
}

export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is LifeboatError {
  return error instanceof LifeboatError && codes.includes(error.code);
}

/** The system call's error name (`ENOENT`, `ENOSPC`, …) where an error of Node carries one. */
export function systemErrorName(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
