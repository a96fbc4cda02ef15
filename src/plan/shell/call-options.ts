import type { ProgramCall } from './program-call.ts';
import type { ShellWord } from './shell-script.ts';

/** Whether one of the options is given: `--delete`, `--delete=now`, or a letter among several (`-xzf` for `-f`). */
export function hasOption(call: ProgramCall, ...names: readonly string[]): boolean {
  return call.args.some(({ text }) => names.some((name) => isOption(text, name)));
}

function isOption(text: string, name: string): boolean {
  if (name.startsWith('--')) return text === name || text.startsWith(`${name}=`);
  return text === name || (/^-[A-Za-z]{2,}$/.test(text) && text.includes(name.slice(1)));
}

/** What an option is given: `--file=x`, `--file x`, `-f x`, `-fx`. Nothing when it is absent or has no value. */
export function optionValue(call: ProgramCall, ...names: readonly string[]): ShellWord | undefined {
  for (const [index, word] of call.args.entries()) {
    for (const name of names) {
      if (word.text === name) return call.args[index + 1];
      const joined = name.startsWith('--') ? `${name}=` : name;
      if (word.text.startsWith(joined) && (name.startsWith('--') || word.text.length > name.length))
        return { ...word, text: word.text.slice(joined.length) };
    }
  }
  return undefined;
}

/** Arguments that are no options and no values of these options. */
export function operandsOf(call: ProgramCall, valued: readonly string[] = []): readonly ShellWord[] {
  return call.args.filter(({ text }, index) => {
    if (text.startsWith('-') && text !== '-') return false;
    return !valued.includes(call.args[index - 1]?.text ?? '');
  });
}

/** The words behind the program that choose what it does: `s3 sync` of `aws --profile x s3 sync`. */
export function subcommandOf(call: ProgramCall, count: number): string {
  return operandsOf(call, ['--profile', '--region', '--endpoint-url', '--output', '--project', '-n', '-c'])
    .slice(0, count)
    .map(({ text }) => text)
    .join(' ');
}
