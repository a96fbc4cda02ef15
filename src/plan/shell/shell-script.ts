/**
 * What can be said about a shell script without running it. No full grammar: what cannot be read is left out, and
 * `isWhole` then says so.
 *
 * Glossary: a *simple command* is a program with its words. Simple commands joined by `|` are a *pipeline*, pipelines
 * joined by `&&` and `||` are a *list*; lists follow one another by `;`, `&` or a new line.
 */

export interface ShellScript {
  readonly commands: readonly SimpleCommand[];
  /** False when a part could not be read, so that what is missing proves nothing. */
  readonly isWhole: boolean;
}

export interface SimpleCommand {
  readonly assignments: readonly ShellAssignment[];
  /** The program, then its arguments; empty for a line of assignments only. */
  readonly words: readonly ShellWord[];
  readonly redirections: readonly ShellRedirection[];
  /** From 1, counted from the first line of the text. */
  readonly line: number;
  readonly pipeline: number;
  readonly list: number;
  /** What stands between it and the command before it. */
  readonly joint: Joint;
  /** Its status is asked for: by `if`, `while`, `!` or the like. */
  readonly isCondition: boolean;
  /** Whether `set -e` and `set -o pipefail` hold when it runs. */
  readonly errexit: boolean;
  readonly pipefail: boolean;
}

export type Joint = 'start' | '|' | '&&' | '||' | ';';

export interface ShellAssignment {
  readonly name: string;
  readonly value: ShellWord;
}

export interface ShellRedirection {
  /** `<`, `>`, `>>`, `<<`, `<<<`, `>&`, … */
  readonly operator: string;
  /** The file; the delimiter of a here-document. */
  readonly target: ShellWord;
}

export interface ShellWord {
  /** Without quotes and backslashes; expansions stand as they are written, such as `$HOST` or `$(date)`. */
  readonly text: string;
  /** Whether the shell puts something else in place of a part of it. */
  readonly expands: boolean;
  readonly isQuoted: boolean;
  /** The scripts inside `$(…)` and backquotes. */
  readonly substitutions: readonly string[];
  readonly line: number;
  /** Where it stands in the text, in UTF-16 units; `end` is behind it. */
  readonly start: number;
  readonly end: number;
}
