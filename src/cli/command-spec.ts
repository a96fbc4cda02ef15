/** What a command takes and how it explains itself, as data. */
export interface CommandSpec {
  /** One or a few sentences: what it does and when to use it. */
  readonly description: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  readonly examples: readonly Example[];
  /** `stop`: it only prints, so it ends quietly when its reader goes away. Default `continue`. */
  readonly whenNobodyReads?: 'stop' | 'continue';
  /** It works while nobody is there: even on a terminal it never asks, for it would wait for ever. */
  readonly unattended?: true;
}

export interface ArgumentSpec {
  /** In capitals: `LOCATION`. */
  readonly name: string;
  readonly description: string;
  /** `many`: one or more; `any`: none or more. */
  readonly kind?: 'required' | 'optional' | 'many' | 'any';
}

export interface OptionSpec {
  /** `--path`. */
  readonly flag: string;
  /** `-t`. */
  readonly short?: string;
  /** In capitals; absent for a switch. */
  readonly value?: string;
  readonly description: string;
  readonly repeatable?: boolean;
  readonly choices?: readonly string[];
}

export interface Example {
  readonly line: string;
  /** What it does, in a few words. */
  readonly says: string;
}

/** A command as help, completion and reference see it. */
export interface DescribedCommand {
  readonly name: string;
  readonly summary: string;
  readonly spec: CommandSpec;
}
