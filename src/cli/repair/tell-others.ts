/** A repair works on one vault: that the others of the plan were not looked at is said, so that nobody takes them for sound. */
import type { CliContext } from '../cli-context.ts';
import type { CommandEnd } from '../command.ts';
import { otherVaults } from '../each-vault.ts';
import type { Input } from '../input.ts';

/** Nothing is said where a vault was named. */
export async function tellOthers(context: CliContext, input: Input, end: CommandEnd): Promise<CommandEnd> {
  const others = await otherVaults(context, input);
  const [first] = others;
  if (first === undefined) return end;
  context.output.note(`not looked at: ${others.join(', ')}; name one with --vault, such as --vault ${first}`);
  return { ...end, summary: { ...end.summary, not_looked_at: others } };
}
