/** What to do when a vault cannot give a point: the very command that takes the same one from another vault. */
import { shellWord } from '../vault-word.ts';
import type { FoundPoint } from './verify-systems.ts';

export interface Again {
  readonly system: string;
  readonly found: FoundPoint;
  /** What the command was told but for the point and the vault, word by word. */
  readonly words: readonly string[];
}

/** Absent when no other vault that can be read has a point of the system. */
export function elsewhereHint({ system, found, words }: Again): string | undefined {
  const [copy, ...others] = found.copies;
  if (copy !== undefined) {
    const also = others.length === 0 ? '' : ` (and ${others.map(({ vault }) => vault).join(', ')})`;
    return `Vault ${copy.vault}${also} has the same point: run ${commandFor(system, copy, words)}.`;
  }
  const [vault] = found.elsewhere;
  if (vault === undefined) return undefined;
  return (
    `Not this point, but others of ${system} are in ${found.elsewhere.join(' and ')}: choose one with ` +
    `\`lifeboat points ${shellWord(system)}\`, then say \`--vault ${shellWord(vault)} --point ID\`.`
  );
}

/** In backquotes. */
export function commandFor(
  system: string,
  { vault, point }: FoundPoint['copies'][number],
  words: readonly string[],
): string {
  const line = ['restore', system, '--vault', vault, '--point', point.id.slice(0, 8), ...words];
  return `\`lifeboat ${line.map(shellWord).join(' ')}\``;
}
