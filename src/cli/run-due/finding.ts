/** What a pass found out, and how it ends because of it. */
import { type ErrorCode, type ExitCode, errorCodes, exitCodes } from '../../error/codes.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RunFailure } from './last-run.ts';

export interface Finding {
  /** What it is about, so that the next pass can say whether it is over: `backup orders-db here`. */
  readonly subject: string;
  readonly systems: readonly string[];
  readonly vault?: string;
  /** Absent: it is fine. */
  readonly error?: LifeboatError;
  /** When a failure of before is tried again; nothing was done about it in this pass. */
  readonly retryAtMs?: number;
  /** It stands until a person acts, and is not told again and again meanwhile. */
  readonly isToldOnce?: true;
}

/** An error that is known only from a record, with the code of then. */
export function failureError(failure: RunFailure): LifeboatError {
  return new LifeboatError(isErrorCode(failure.code) ? failure.code : 'INTERNAL', failure.message, {
    hint: 'It is tried again by itself; `lifeboat status` shows how the system stands.',
  });
}

/**
 * 4 when restored data were wrong, else 1 when something could not be done, else 3 when input was missing, else 5
 * when a proof stayed open, else 7 when an objective is breached or unknown: the first that applies to any finding.
 */
export function passExitCode(findings: readonly Finding[]): ExitCode {
  const codes = findings.flatMap(({ error }) => (error === undefined ? [] : [error.exitCode]));
  if (codes.length === 0) return exitCodes.done;
  const { verificationFailed, incomplete, inconclusive, objectiveNotMet } = exitCodes;
  const milder: readonly ExitCode[] = [incomplete, inconclusive, objectiveNotMet];
  if (codes.includes(verificationFailed)) return verificationFailed;
  if (codes.some((code) => !milder.includes(code))) return exitCodes.error;
  return milder.find((code) => codes.includes(code)) ?? exitCodes.error;
}

/** What is kept or told holds none of the known secrets, whatever program's words it quotes. */
export function redactFinding(finding: Finding, redact: (text: string) => string): Finding {
  const { error } = finding;
  if (error === undefined) return finding;
  const hint = error.hint === undefined ? {} : { hint: redact(error.hint) };
  return { ...finding, error: new LifeboatError(error.code, redact(error.message), hint) };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}
