import { modesOfOptions, readShell } from './read-shell.ts';
import type { ShellScript, ShellWord, SimpleCommand } from './shell-script.ts';

/** A program with its arguments, freed of what only stands around it (`sudo`, `env`, `timeout`, `docker exec`). */
export interface ProgramCall {
  /** Without its folder: `pg_dump` for `/usr/bin/pg_dump`. */
  readonly program: string;
  readonly args: readonly ShellWord[];
  readonly command: SimpleCommand;
  readonly line: number;
  /** Runs on another machine, so its paths are not of this one. */
  readonly isRemote: boolean;
  /** Stands in the text itself and not inside `sh -c "…"` or `$(…)`, so that the places of its words are places in the text. */
  readonly isTopLevel: boolean;
}

/** A script with the scripts inside it. */
export interface ReadCommand {
  /** The text itself first, then what stands in `sh -c "…"` and behind `ssh`. */
  readonly scripts: readonly ShellScript[];
  /** Of all of them, also of what stands in `$(…)`. */
  readonly calls: readonly ProgramCall[];
}

/** Scripts within scripts that are looked into. */
const depthMax = 4;

/** Text for `sh -c`, or the arguments of a program. Never throws. */
export function readCommand(run: string | readonly string[]): ReadCommand {
  const script = typeof run === 'string' ? readShell(run) : argumentList(run);
  return readScript(script, { depth: 0, isRemote: false, firstLine: 1, isTopLevel: true });
}

interface Nesting {
  readonly depth: number;
  readonly isRemote: boolean;
  readonly isTopLevel: boolean;
  /** The line of the text on which the script begins. */
  readonly firstLine: number;
}

function readScript(script: ShellScript, nesting: Nesting): ReadCommand {
  const scripts = [script];
  const calls: ProgramCall[] = [];
  for (const command of script.commands) {
    const call = callOf(command, nesting);
    if (call !== undefined) calls.push(call);
    if (nesting.depth >= depthMax) continue;
    const inner = call === undefined ? undefined : innerScript(call);
    if (inner !== undefined) {
      const found = readScript(inner.script, deeper(nesting, inner.line, inner.isRemote));
      scripts.push(...found.scripts);
      calls.push(...found.calls);
    }
    for (const { text, line } of substitutionsOf(command))
      calls.push(...readScript(readShell(text), deeper(nesting, line, false)).calls);
  }
  return { scripts, calls };
}

function deeper({ depth, isRemote, firstLine }: Nesting, line: number, remote: boolean): Nesting {
  return {
    depth: depth + 1,
    isRemote: isRemote || remote,
    isTopLevel: false,
    firstLine: firstLine + line - 1,
  };
}

function substitutionsOf(
  command: SimpleCommand,
): readonly { readonly text: string; readonly line: number }[] {
  const words = [...command.assignments.map(({ value }) => value), ...command.words];
  return [...words, ...command.redirections.map(({ target }) => target)].flatMap((word) =>
    word.substitutions.map((text) => ({ text, line: word.line })),
  );
}

function argumentList(args: readonly string[]): ShellScript {
  const words = args.map((text) => ({
    text,
    expands: false,
    isQuoted: true,
    substitutions: [],
    line: 1,
    start: 0,
    end: 0,
  }));
  const place = { line: 1, pipeline: 0, list: 0, joint: 'start' as const, isCondition: false };
  const modes = { errexit: false, pipefail: false };
  return {
    commands: [{ assignments: [], words, redirections: [], ...place, ...modes }],
    isWhole: true,
  };
}

function callOf(command: SimpleCommand, nesting: Nesting): ProgramCall | undefined {
  const words = withoutPrefixes(command.words);
  const [program, ...args] = words;
  if (program === undefined || program.text === '') return undefined;
  const { isRemote, isTopLevel, firstLine } = nesting;
  const name = program.text.split('/').at(-1) ?? '';
  return { program: name, args, command, line: firstLine + command.line - 1, isRemote, isTopLevel };
}

/** Programs that run another one, with those of their options that take a value. */
const prefixes: Readonly<Record<string, { readonly valued: readonly string[]; readonly skip: number }>> = {
  sudo: { valued: ['-u', '-g', '-h', '-p', '-C', '-D', '--user', '--group'], skip: 0 },
  doas: { valued: ['-u', '-C'], skip: 0 },
  env: { valued: ['-u', '-C', '-S'], skip: 0 },
  nice: { valued: ['-n'], skip: 0 },
  ionice: { valued: ['-c', '-n', '-p'], skip: 0 },
  nohup: { valued: [], skip: 0 },
  setsid: { valued: [], skip: 0 },
  command: { valued: [], skip: 0 },
  exec: { valued: ['-a'], skip: 0 },
  timeout: { valued: ['-k', '-s', '--kill-after', '--signal'], skip: 1 },
  flock: { valued: ['-w', '-E', '--wait'], skip: 1 },
};

const prefixesMax = 8;

function withoutPrefixes(words: readonly ShellWord[]): readonly ShellWord[] {
  let rest = words;
  for (let count = 0; count < prefixesMax; count += 1) {
    const next = withoutPrefix(rest);
    if (next === undefined) return rest;
    rest = next;
  }
  return rest;
}

function withoutPrefix(words: readonly ShellWord[]): readonly ShellWord[] | undefined {
  const name = words[0]?.text.split('/').at(-1) ?? '';
  if (name === 'docker' || name === 'podman' || name === 'docker-compose' || name === 'kubectl')
    return insideContainer(words);
  const prefix = Object.hasOwn(prefixes, name) ? prefixes[name] : undefined;
  if (prefix === undefined) return undefined;
  const from = behindOptions(words, 1, prefix.valued) + prefix.skip;
  const rest = words.slice(from).filter(({ text }, index, all) => !isSetting(text, all.slice(0, index)));
  return rest.length === 0 ? undefined : rest;
}

/** `NAME=value` in front of the program, as `env` and `sudo` take it. */
function isSetting(text: string, before: readonly ShellWord[]): boolean {
  return /^[A-Za-z_]\w*=/.test(text) && before.every((word) => /^[A-Za-z_]\w*=/.test(word.text));
}

function behindOptions(words: readonly ShellWord[], from: number, valued: readonly string[]): number {
  let at = from;
  while (at < words.length && words[at]?.text.startsWith('-') === true) {
    const text = words[at]?.text ?? '';
    at += valued.includes(text) ? 2 : 1;
    if (text === '--') break;
  }
  return at;
}

const execValued = [
  '-e',
  '-u',
  '-w',
  '--env',
  '--user',
  '--workdir',
  '-n',
  '--namespace',
  '-c',
  '--container',
];

/** `docker exec NAME program …`, `kubectl exec NAME -- program …`. */
function insideContainer(words: readonly ShellWord[]): readonly ShellWord[] | undefined {
  const at = words.findIndex(({ text }) => text === 'exec');
  if (at === -1 || at > 4) return undefined;
  const dashes = words.findIndex(({ text }, index) => index > at && text === '--');
  const from = dashes !== -1 ? dashes + 1 : behindOptions(words, at + 1, execValued) + 1;
  const rest = words.slice(from);
  return rest.length === 0 || (words[0]?.text.endsWith('kubectl') === true && dashes === -1)
    ? undefined
    : rest;
}

const shells = ['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh'];

interface InnerScript {
  readonly script: ShellScript;
  readonly line: number;
  readonly isRemote: boolean;
}

/** The script that a shell is given, or that is run on another machine. */
function innerScript({ program, args }: ProgramCall): InnerScript | undefined {
  if (shells.includes(program)) return givenScript(args);
  if (program !== 'ssh') return undefined;
  const host = behindOptions(args, 0, [
    '-i',
    '-p',
    '-l',
    '-o',
    '-F',
    '-J',
    '-L',
    '-R',
    '-D',
    '-E',
    '-c',
    '-m',
  ]);
  const words = args.slice(host + 1);
  const first = words[0];
  if (first === undefined) return undefined;
  const script = readShell(words.map(({ text }) => text).join(' '));
  return { script, line: first.line, isRemote: true };
}

function givenScript(args: readonly ShellWord[]): InnerScript | undefined {
  const options = args.map(({ text }) => text);
  const at = options.findIndex((option) => /^-[a-zA-Z]*c[a-zA-Z]*$/.test(option));
  const given =
    at === -1 ? undefined : args.slice(at + 1).find(({ text }) => !/^[-+]/.test(text) && text !== 'pipefail');
  if (given === undefined) return undefined;
  const modes = modesOfOptions(options.slice(0, args.indexOf(given)), { errexit: false, pipefail: false });
  return { script: readShell(given.text, modes), line: given.line, isRemote: false };
}
