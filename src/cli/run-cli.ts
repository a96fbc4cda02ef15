/** Runs one command line from its words to its exit code. */
import { type ExitCode, exitCodes } from '../error/codes.ts';
import { LifeboatError } from '../error/lifeboat-error.ts';
import { monotonicMs, nowMs } from '../platform/clock.ts';
import { currentFolder, environmentVariable } from '../platform/environment.ts';
import { interruptOnSignals } from '../platform/signals.ts';
import { isInteractive } from '../platform/terminal.ts';
import type { AppAdapters, StoreAdapters } from './adapters.ts';
import type { CliContext } from './cli-context.ts';
import type { Command, CommandEnd, CommandEntry } from './command.ts';
import type { DescribedCommand } from './command-spec.ts';
import { commandTable } from './command-table.ts';
import { findCommand } from './find-command.ts';
import { commandHelp, groupHelp, programHelp } from './help-text.ts';
import { createOutput, type Output } from './output.ts';
import { parseInput } from './parse-input.ts';
import { interruptionOr, reportOf } from './report-error.ts';
import { reportRetries } from './report-retries.ts';
import { standardStream } from './standard-streams.ts';
import { type PlaceUse, tellUses, useFields, watchStores } from './store-use.ts';
import { styleFor } from './style.ts';
import { createVaultAccess } from './vault-access.ts';

export interface CommandLine {
  readonly arguments: readonly string[];
  readonly programVersion: string;
  /** Loaded when a command needs them. */
  readonly roots: {
    readonly app: () => Promise<AppAdapters>;
    readonly rescue: () => Promise<StoreAdapters>;
  };
}

export async function runCli(line: CommandLine): Promise<ExitCode> {
  using interruption = interruptOnSignals();
  const stdout = standardStream('stdout');
  const stderr = standardStream('stderr');
  const output = createOutput({ json: line.arguments.includes('--json'), stdout, stderr, monotonicMs });
  const debug = line.arguments.includes('--debug') || !!environmentVariable('LIFEBOAT_DEBUG');
  quietWarnings(debug);
  const fail: Fail = async (error, fields = {}) => {
    const report = reportOf(error, debug, styleFor(stderr.wantsColour));
    for (const words of report.lines) output.note(words);
    await output.result({ ...report.record, ...fields });
    return report.exitCode;
  };
  endOnStrayFailure(fail);
  try {
    return await dispatch(line, output, interruption.signal, fail);
  } catch (error) {
    // whoever closed the output of a command that only prints has seen enough
    if (error === nobodyReads) return exitCodes.done;
    return await fail(interruptionOr(error, interruption.signal));
  }
}

/** `fields` are added to what machines read. */
type Fail = (error: unknown, fields?: Readonly<Record<string, unknown>>) => Promise<ExitCode>;

async function dispatch(
  line: CommandLine,
  output: Output,
  signal: AbortSignal,
  fail: Fail,
): Promise<ExitCode> {
  const found = findCommand(line.arguments, commandTable);
  switch (found.kind) {
    case 'version':
      await output.result(
        { type: 'summary', version: line.programVersion, exit_code: 0 },
        line.programVersion,
      );
      return exitCodes.done;
    case 'program':
      return await help(output, programHelp(commandTable, line.programVersion), found.asked);
    case 'group':
      return await help(output, groupHelp(found.name, commandTable), found.asked);
    case 'command':
      return await runEntry(line, found.entry, found.rest, output, signal, fail);
    default:
      return found satisfies never;
  }
}

/** Asked for, it is the result; else it answers a command line that says too little. */
async function help(output: Output, text: string, asked: boolean): Promise<ExitCode> {
  if (asked) await output.result({ type: 'summary', help: text, exit_code: exitCodes.done }, text);
  else if (output.json)
    throw new LifeboatError('USAGE', 'no command is named', { hint: 'Run `lifeboat --help`.' });
  else output.note(text);
  return asked ? exitCodes.done : exitCodes.usage;
}

async function runEntry(
  line: CommandLine,
  entry: CommandEntry,
  words: readonly string[],
  output: Output,
  signal: AbortSignal,
  fail: Fail,
): Promise<ExitCode> {
  if (entry.root === 'rescue') {
    const command = await entry.load();
    return await runCommand(entry, command, words, output, signal, fail, async (effective) =>
      contextOf(line, await line.roots.rescue(), output, effective),
    );
  }
  const command = await entry.load();
  return await runCommand(entry, command, words, output, signal, fail, async (effective) =>
    contextOf(line, await line.roots.app(), output, effective, command.unattended),
  );
}

async function runCommand<Context extends CliContext>(
  { name, summary }: CommandEntry,
  command: Command<Context>,
  words: readonly string[],
  output: Output,
  signal: AbortSignal,
  fail: Fail,
  makeContext: (signal: AbortSignal) => Promise<MadeContext<Context>>,
): Promise<ExitCode> {
  const parsed = parseInput(name, command, words);
  if (parsed.kind === 'help')
    return await help(output, commandHelp({ name, summary, spec: command }, output.columns), true);
  const effective = command.whenNobodyReads === 'stop' ? endedByReader(signal, output.closed) : signal;
  const { context, uses } = await makeContext(effective);
  try {
    const end = await command.run(context, parsed.input);
    return await finish(end, uses(), output, fail);
  } catch (error) {
    if (error === nobodyReads) throw error;
    // people pay for runs that fail as well
    tellUses(output, uses());
    return await fail(interruptionOr(error, signal), useFields(uses()));
  }
}

async function finish(
  end: CommandEnd,
  uses: readonly PlaceUse[],
  output: Output,
  fail: Fail,
): Promise<ExitCode> {
  const exitCode = end.error?.exitCode ?? end.exitCode ?? exitCodes.done;
  tellUses(output, uses);
  await output.result({ type: 'summary', ...end.summary, ...useFields(uses), exit_code: exitCode });
  return end.error === undefined ? exitCode : await fail(end.error);
}

const nobodyReads = new Error('nobody reads the output');

function endedByReader(signal: AbortSignal, closed: AbortSignal): AbortSignal {
  const reader = new AbortController();
  closed.addEventListener('abort', () => reader.abort(nobodyReads), { once: true });
  return AbortSignal.any([signal, reader.signal]);
}

interface MadeContext<Context> {
  readonly context: Context;
  /** What was asked of stores so far. */
  readonly uses: () => readonly PlaceUse[];
}

function contextOf<Adapters extends StoreAdapters>(
  line: CommandLine,
  loaded: Adapters,
  output: Output,
  signal: AbortSignal,
  unattended?: true,
): MadeContext<CliContext<Adapters>> {
  const { adapters, uses } = watchStores(loaded);
  const { programVersion } = line;
  const folder = currentFolder();
  const asking = isInteractive() && unattended !== true ? { askSecret: secretAsker(signal) } : {};
  const context = {
    output,
    signal,
    nowMs,
    programVersion,
    folder,
    adapters,
    ...asking,
    ...createVaultAccess({
      adapters,
      output,
      folder,
      programVersion,
      nowMs,
      signal,
      ...asking,
      onRetry: reportRetries(output, monotonicMs),
    }),
    describeCommands: () => describeCommands(commandTable),
  };
  return { context, uses };
}

function secretAsker(signal: AbortSignal): (question: string) => Promise<string> {
  return async (question) => {
    const { askSecret } = await import('./ask-secret.ts');
    return await askSecret(question, signal);
  };
}

/** Loads every command: for help, completion and the reference. */
export async function describeCommands(table: readonly CommandEntry[]): Promise<readonly DescribedCommand[]> {
  return await Promise.all(
    table.map(async ({ name, summary, load }) => ({ name, summary, spec: await load() })),
  );
}

/** What fails outside of the command's own chain of promises would else end in Node's words. */
function endOnStrayFailure(fail: Fail): void {
  const end = (error: unknown) => void fail(error).then((exitCode) => process.exit(exitCode));
  process.once('uncaughtException', end).once('unhandledRejection', end);
}

/** Node's own warnings (that SQLite's module is young) tell users nothing. */
function quietWarnings(debug: boolean): void {
  if (!debug) process.removeAllListeners('warning');
}
