/**
 * A command: what it takes, in data, and what it does. The data makes the parser, the help, the completion and
 * the reference page.
 */
import type { ExitCode } from '../error/codes.ts';
import type { LifeboatError } from '../error/lifeboat-error.ts';
import type { AppContext, CliContext } from './cli-context.ts';
import type { CommandSpec } from './command-spec.ts';
import type { Input } from './input.ts';

export interface Command<Context extends CliContext = CliContext> extends CommandSpec {
  run(context: Context, input: Input): Promise<CommandEnd>;
}

/** How a command ended that did what it was asked; what it could not do is raised instead. */
export interface CommandEnd {
  /** The fields of the last JSON object; people were told already. */
  readonly summary: Readonly<Record<string, unknown>>;
  /** Default 0. For findings that were printed, such as an objective that is not met. */
  readonly exitCode?: ExitCode;
  /** Printed last, after the summary; its exit code counts. For work that was done and found something wrong. */
  readonly error?: LifeboatError;
}

interface EntryHead {
  /** One or two words: `vault init`. */
  readonly name: string;
  /** A few words for the list of commands. */
  readonly summary: string;
}

/** A row of the command table: light, so that the table costs nothing. */
export type CommandEntry =
  | (EntryHead & { readonly root: 'app'; readonly load: () => Promise<Command<AppContext>> })
  | (EntryHead & { readonly root: 'rescue'; readonly load: () => Promise<Command<CliContext>> });
