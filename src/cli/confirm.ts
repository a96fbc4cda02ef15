import type { ErrorCode } from '../error/codes.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { isInteractive } from '../platform/terminal.ts';

/** Of commands that change things and never ask: a script can give it to all that do. */
export const neverAsksOption = {
  flag: '--yes',
  description: 'for scripts that give it to every command; nothing is asked anyway',
} as const;

/** Asks a person; where nobody can answer, the consent must have been given by an option. Raises `code`. */
export async function confirmOrRefuse(
  question: string,
  consent: {
    readonly given: boolean;
    readonly flag: string;
    /** Default: RESTORE_REFUSED. */
    readonly code?: 'RESTORE_REFUSED' | 'USAGE';
  },
): Promise<void> {
  if (consent.given) return;
  const { code = 'RESTORE_REFUSED' } = consent;
  if (!isInteractive())
    throw notAsked(
      code,
      `nobody can be asked: ${question}`,
      `Say ${consent.flag} when you have read what it would do.`,
    );
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: question, initialValue: false });
  if (isCancel(answer) || !answer)
    throw notAsked(code, 'not confirmed; nothing was changed', 'Run the command again when you want it.');
}

function notAsked(code: ErrorCode, message: string, hint: string): LifeboatError {
  return new LifeboatError(code, message, { hint });
}
