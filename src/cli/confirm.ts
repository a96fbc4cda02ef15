import { LifeboatError } from '../error/lifeboat-error.ts';
import { isInteractive } from '../platform/terminal.ts';

/** Asks a person; where nobody can answer, the consent must have been given by an option. Raises RESTORE_REFUSED. */
export async function confirmOrRefuse(
  question: string,
  consent: { readonly given: boolean; readonly flag: string },
): Promise<void> {
  if (consent.given) return;
  if (!isInteractive())
    throw notAsked(
      `nobody can be asked: ${question}`,
      `Say ${consent.flag} when you have read what it would do.`,
    );
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: question, initialValue: false });
  if (isCancel(answer) || !answer)
    throw notAsked('not confirmed; nothing was changed', 'Run the command again when you want it.');
}

function notAsked(message: string, hint: string): LifeboatError {
  return new LifeboatError('RESTORE_REFUSED', message, { hint });
}
