import { LifeboatError } from '../error/lifeboat-error.ts';
import { parseMoment } from '../recovery-point/parse-moment.ts';
import type { CliContext } from './cli-context.ts';

/** Raises USAGE for what is no moment; echoes what was understood. */
export function momentOf(text: string, timeZone: string, context: CliContext): number {
  const moment = parseMoment(text, timeZone);
  if (!moment.ok)
    throw new LifeboatError('USAGE', moment.message, {
      hint: `Write ${moment.expected}.`,
    });
  context.output.note(`at ${moment.echo}`);
  return moment.atMs;
}
