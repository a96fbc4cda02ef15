import { hideSecretArguments } from '../command-secrets.ts';
import type { PlanCommand } from './plan-commands.ts';

/** ` (line 9 of the command)`; nothing where there is only one line. */
export function ofLine(command: PlanCommand, line: number): string {
  return command.text.trim().includes('\n') ? ` (line ${line} of the command)` : '';
}

/** Words of a command for a message: cut where they get long, without passwords and without the query of an address. */
export function shortWords(words: string): string {
  const text = hideSecretArguments(words, '…').replace(/(:\/\/[^?\s]*\?).*/s, '$1…');
  return text.length <= wordsLengthMax ? text : `${text.slice(0, wordsLengthMax - 1)}…`;
}

const wordsLengthMax = 60;
