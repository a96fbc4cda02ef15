/** Which command the words on the command line mean. */
import { LifeboatError } from '../error/lifeboat-error.ts';
import { nearestName } from '../plan/nearest-name.ts';
import type { CommandEntry } from './command.ts';

export type FoundCommand =
  | { readonly kind: 'command'; readonly entry: CommandEntry; readonly rest: readonly string[] }
  /** The first word of commands with two, such as `key`, alone. */
  | { readonly kind: 'group'; readonly name: string; readonly asked: boolean }
  | { readonly kind: 'program'; readonly asked: boolean }
  | { readonly kind: 'version' };

/** Switches may stand before the command; they are moved behind it. Raises USAGE for an unknown command. */
export function findCommand(words: readonly string[], table: readonly CommandEntry[]): FoundCommand {
  const at = words.findIndex((word) => !word.startsWith('-'));
  const before = at === -1 ? words : words.slice(0, at);
  const asked = before.includes('--help') || before.includes('-h');
  if (before.includes('--version') || before.includes('-V')) return { kind: 'version' };
  if (at === -1) return { kind: 'program', asked };
  const [first = '', second = ''] = words.slice(at);
  const pair = table.find((entry) => entry.name === `${first} ${second}`);
  if (pair !== undefined) return { kind: 'command', entry: pair, rest: [...words.slice(at + 2), ...before] };
  const single = table.find((entry) => entry.name === first);
  if (single !== undefined)
    return { kind: 'command', entry: single, rest: [...words.slice(at + 1), ...before] };
  const group = table.filter((entry) => entry.name.startsWith(`${first} `));
  if (group.length === 0)
    throw unknownCommand(
      first,
      table.map((entry) => entry.name),
    );
  if (second === '' || second.startsWith('-')) {
    return { kind: 'group', name: first, asked: asked || words.includes('--help') || words.includes('-h') };
  }
  throw unknownCommand(
    `${first} ${second}`,
    group.map((entry) => entry.name),
  );
}

function unknownCommand(name: string, names: readonly string[]): LifeboatError {
  const near = nearestName(name, names);
  const hint =
    near === undefined ? 'Run `lifeboat --help` for the list.' : `Did you mean \`lifeboat ${near}\`?`;
  return new LifeboatError('USAGE', `there is no command "${name}"`, { hint });
}
