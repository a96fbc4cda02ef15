/** Completion scripts, made from what the commands say about themselves. */
import type { CommandSpec, DescribedCommand, OptionSpec } from './command-spec.ts';
import { commonOptions } from './input.ts';

type Commands = readonly DescribedCommand[];

/** Bash 4: words of commands, then options; files where an option or an argument takes one. */
export function bashCompletion(commands: Commands): string {
  const cases = commands.map(({ name, spec }) => {
    const valued = optionsOf(spec).flatMap(({ flag, choices }) =>
      choices === undefined
        ? []
        : [`      ${flag}) COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$word")); return;;`],
    );
    const inner = valued.length === 0 ? [] : ['      case $before in', ...valued, '      esac'];
    return [`    '${name}')`, ...inner, `      options='${flagsOf(spec).join(' ')}';;`].join('\n');
  });
  return `# lifeboat completion for bash
_lifeboat() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} options=''
  local first=\${COMP_WORDS[1]} second=\${COMP_WORDS[2]} command
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${firstWords(commands).join(' ')}' -- "$word")); return
  fi
  case $first in
${groupsOf(commands)
  .map(
    ([group, seconds]) =>
      `    ${group}) if [ "$COMP_CWORD" -eq 2 ]; then COMPREPLY=($(compgen -W '${seconds.join(' ')}' -- "$word")); return; fi; command="$first $second";;`,
  )
  .join('\n')}
    *) command=$first;;
  esac
  case $command in
${cases.join('\n')}
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word"));;
    *) compopt -o default; COMPREPLY=();;
  esac
}
complete -F _lifeboat lifeboat`;
}

/** Zsh: an autoloaded function for fpath. */
export function zshCompletion(commands: Commands): string {
  const cases = commands.map(({ name, spec }) => {
    const specs = optionsOf(spec).map((option) => `'${zshOption(option)}'`);
    return `    '${name}') _arguments ${specs.join(' ')} '*:file:_files';;`;
  });
  return `#compdef lifeboat
# lifeboat completion for zsh
_lifeboat() {
  local -a first
  first=(${firstWords(commands).join(' ')})
  if (( CURRENT == 2 )); then compadd -- $first; return; fi
  local command=$words[2]
  case $command in
${groupsOf(commands)
  .map(
    ([group, seconds]) =>
      `    ${group}) if (( CURRENT == 3 )); then compadd -- ${seconds.join(' ')}; return; fi; command="$words[2] $words[3]";;`,
  )
  .join('\n')}
  esac
  case $command in
${cases.join('\n')}
  esac
}
_lifeboat "$@"`;
}

export function fishCompletion(commands: Commands): string {
  const firsts = firstWords(commands).map((word) => {
    const summary = commands.find(({ name }) => name === word)?.summary ?? `commands of ${word}`;
    return `complete -c lifeboat -f -n __fish_use_subcommand -a ${word} -d '${quoted(summary)}'`;
  });
  const seconds = groupsOf(commands).flatMap(([group, words]) => {
    const none = `__fish_seen_subcommand_from ${group}; and not __fish_seen_subcommand_from ${words.join(' ')}`;
    return words.map((word) => `complete -c lifeboat -f -n '${none}' -a ${word}`);
  });
  const options = commands.flatMap(({ name, spec }) => {
    const seen = name
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ');
    return optionsOf(spec).map((option) => fishOption(seen, option));
  });
  return ['# lifeboat completion for fish', ...firsts, ...seconds, ...options].join('\n');
}

function fishOption(seen: string, { flag, value, choices, description }: OptionSpec): string {
  const takes = choices !== undefined ? ` -x -a '${choices.join(' ')}'` : value === undefined ? '' : ' -r';
  return `complete -c lifeboat -n '${seen}' -l ${flag.slice(2)}${takes} -d '${quoted(description)}'`;
}

function zshOption({ flag, value, choices, repeatable, description }: OptionSpec): string {
  const text = quoted(description).replaceAll(/[[\]:]/g, '\\$&');
  const takes =
    choices !== undefined
      ? `:${value}:(${choices.join(' ')})`
      : value === undefined
        ? ''
        : `:${value}:_files`;
  return `${repeatable === true ? '*' : ''}${flag}[${text}]${takes}`;
}

function optionsOf(spec: CommandSpec): readonly OptionSpec[] {
  return [...(spec.options ?? []), ...commonOptions, { flag: '--help', description: 'explain this command' }];
}

function flagsOf(spec: CommandSpec): string[] {
  return optionsOf(spec).map(({ flag }) => flag);
}

function firstWords(commands: Commands): string[] {
  return [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))];
}

/** First words that never stand alone, each with what may follow. */
function groupsOf(commands: Commands): (readonly [string, readonly string[]])[] {
  return firstWords(commands)
    .map((first) => [first, secondsOf(commands, first)] as const)
    .filter(([, seconds]) => seconds.length > 0);
}

function secondsOf(commands: Commands, first: string): string[] {
  return commands.flatMap(({ name }) => (name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : []));
}

/** For a string in single quotes. */
function quoted(text: string): string {
  return text.replaceAll("'", "'\\''");
}
