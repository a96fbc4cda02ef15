/** How a command that failed says so, to people and to machines. */
import { type ExitCode, exitCodes } from '../error/codes.ts';
import { LifeboatError, systemErrorName } from '../error/lifeboat-error.ts';
import type { JsonRecord } from './output.ts';
import type { Style } from './style.ts';

const causesMax = 3;

export interface ErrorReport {
  readonly exitCode: ExitCode;
  readonly lines: readonly string[];
  readonly record: JsonRecord;
}

/** `debug` adds the stack. What is no error of ours becomes INTERNAL. */
export function reportOf(error: unknown, debug: boolean, style: Style): ErrorReport {
  const known = knownError(error);
  const { code, message, hint, exitCode, retryable, details } = known;
  const causes = causesOf(known);
  const lines = [
    `${style.red('error:')} ${message}`,
    ...causes.map((cause) => `  because: ${cause}`),
    ...(hint === undefined ? [] : [`→ ${hint}`]),
    ...(debug ? [stackOf(error)] : []),
  ];
  const record = {
    type: 'error',
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    exit_code: exitCode,
    ...(retryable ? { retryable } : {}),
    ...(causes.length === 0 ? {} : { causes }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
    ...(debug ? { stack: stackOf(error) } : {}),
  };
  return { exitCode, lines, record };
}

/** An aborted signal's reason where the failure only follows from it. */
export function interruptionOr(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted && exitCodeOf(error) !== exitCodes.interrupted ? signal.reason : error;
}

/** What is no error of ours becomes DISK_FULL, PERMISSION_DENIED or INTERNAL. */
export function knownError(error: unknown): LifeboatError {
  return error instanceof LifeboatError ? error : internal(error);
}

function exitCodeOf(error: unknown): ExitCode | undefined {
  return error instanceof LifeboatError ? error.exitCode : undefined;
}

function internal(cause: unknown): LifeboatError {
  const words = cause instanceof Error ? cause.message : String(cause);
  const errno = systemErrorName(cause);
  if (errno === 'ENOSPC' || errno === 'EDQUOT')
    return new LifeboatError('DISK_FULL', words, { hint: 'Make room on that disk and run it again.', cause });
  if (errno === 'EACCES' || errno === 'EPERM')
    return new LifeboatError('PERMISSION_DENIED', words, { hint: 'Run as a user who may do this.', cause });
  return new LifeboatError('INTERNAL', `unexpected failure: ${words}`, {
    hint: 'This is a fault of Lifeboat. Run it again with --debug and report what it prints.',
    cause,
  });
}

/** In short: the first line of each message on the way down, unless our own message says it already. */
function causesOf(error: Error): string[] {
  const causes: string[] = [];
  let cause = error.cause;
  while (cause instanceof Error && causes.length < causesMax) {
    if (!isSaid(error.message, cause)) causes.push(cause.message.split('\n')[0] ?? '');
    cause = cause.cause;
  }
  return [...new Set(causes)].filter((text) => text !== '');
}

/** That something is missing is told in words; other errors of the system by their name. */
function isSaid(message: string, cause: Error): boolean {
  const errno = systemErrorName(cause);
  return (
    message.includes(cause.message) || errno === 'ENOENT' || (errno !== undefined && message.includes(errno))
  );
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const below = error.cause === undefined ? '' : `\ncaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${below}`;
}
