import type { PlanCommand } from './plan-commands.ts';

/** `, line 9 of the command`; nothing where there is only one line. */
export function ofLine(command: PlanCommand, line: number): string {
  return command.text.trim().includes('\n') ? ` (line ${line} of the command)` : '';
}

/** The words as they are written, cut where they get long. Only for what holds no secret. */
export function shortWords(text: string): string {
  return text.length <= wordsLengthMax ? text : `${text.slice(0, wordsLengthMax - 1)}…`;
}

const wordsLengthMax = 60;
