/**
 * What commands print. For people: results on standard output; progress, notes and warnings on standard error.
 * With --json: one JSON object a line on standard output, each with a `type`, the last one `summary` or
 * `error`; words go to standard error. No secret that was announced by `hide` passes, in either form.
 */
import { assert } from '../error/assert.ts';
import { createProgressLine, type ProgressLine } from './progress.ts';
import { createRedactor, type Redactor } from './redactor.ts';
import type { TextStream } from './standard-streams.ts';
import { type Style, styleFor } from './style.ts';

export interface JsonRecord {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface Output {
  readonly json: boolean;
  /** For standard output. */
  readonly style: Style;
  /** Of standard output, 80 where it is no terminal. */
  readonly columns: number;
  /** How wide a table may be: as the terminal, and without end where programs read it. */
  readonly tableColumns: number;
  /** One result: the text for people, the object with --json. */
  result(record: JsonRecord, text?: string): Promise<void>;
  /** Words around results, such as headings; nothing with --json. */
  text(line: string): Promise<void>;
  /** Words for people on standard error, with --json too. */
  note(line: string): void;
  warn(message: string): void;
  /** Raw bytes to standard output: the content of a file. */
  bytes(chunk: Uint8Array): Promise<void>;
  /** Shows how far work is, until the line is disposed. */
  progress(what: string): ProgressLine;
  /** From now on this value appears nowhere, but for `showSecret`. */
  hide(secret: string): void;
  /** The text without the secrets that are hidden, for what is kept rather than printed. */
  redact(text: string): string;
  /** True where a person looks at a terminal: a new recovery key may be shown there. */
  readonly showsSecrets: boolean;
  /** Shows a secret to the person, once; `words` say what it is, and are those of a recovery key by default. */
  showSecret(secret: string, words?: string): void;
  /** Aborted when nobody reads standard output any more. */
  readonly closed: AbortSignal;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** A clock for durations. */
  readonly monotonicMs: () => number;
}

export function createOutput(options: OutputOptions): Output {
  const { json, stdout, stderr } = options;
  const redactor = createRedactor();
  const live = { line: undefined as ProgressLine | undefined };
  const toStdout = async (text: string) => {
    if (stdout.isTerminal) live.line?.clear();
    await stdout.write(text);
  };
  const toStderr = (text: string) => {
    live.line?.clear();
    void stderr.write(`${redactor.redact(text)}\n`);
  };
  const warnings = styleFor(stderr.wantsColour);
  return {
    json,
    style: styleFor(stdout.wantsColour && !json),
    columns: stdout.columns(),
    tableColumns: stdout.isTerminal ? stdout.columns() : Number.POSITIVE_INFINITY,
    closed: stdout.closed,
    hide: redactor.hide,
    redact: redactor.redact,
    showsSecrets: stderr.isTerminal,
    showSecret(secret, words = recoveryKeyWords) {
      assert(stderr.isTerminal, 'secrets are shown on a terminal only');
      live.line?.clear();
      void stderr.write(secretNotice(secret, words, warnings));
    },
    async result(record, text) {
      if (json) await toStdout(`${jsonLine(record, redactor)}\n`);
      else if (text !== undefined) await toStdout(`${redactor.redact(text)}\n`);
    },
    async text(line) {
      if (!json) await toStdout(`${redactor.redact(line)}\n`);
    },
    note: toStderr,
    warn(message) {
      if (json) void toStdout(`${jsonLine({ type: 'warning', message }, redactor)}\n`);
      toStderr(`${warnings.yellow('warning:')} ${message}`);
    },
    bytes: (chunk) => stdout.write(chunk),
    progress(what) {
      live.line = createProgressLine(what, {
        stderr,
        ...(json ? { record: (record) => void toStdout(`${jsonLine(record, redactor)}\n`) } : {}),
        monotonicMs: options.monotonicMs,
        onEnd: () => {
          live.line = undefined;
        },
      });
      return live.line;
    },
  };
}

const recoveryKeyWords = 'Recovery key (shown once; print it and keep it where the fire is not):';

function secretNotice(secret: string, words: string, style: Style): string {
  return `\n${words}\n\n    ${style.bold(secret)}\n\n`;
}

/** Redacted before it is encoded, because JSON writes quotes and backslashes in another way. */
function jsonLine(record: JsonRecord, redactor: Redactor): string {
  return JSON.stringify(record, (_key, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    return typeof value === 'string' ? redactor.redact(value) : value;
  });
}
