/** Asks a person on a terminal. Ctrl-C and Escape at any question raise INTERRUPTED; what was made until then stays. */
import type { Readable, Writable } from 'node:stream';
import { LifeboatError } from '../../error/lifeboat-error.ts';

export interface Prompter {
  intro(title: string): void;
  /** A framed text. */
  note(text: string, title: string): void;
  info(text: string): void;
  warn(text: string): void;
  outro(text: string): void;
  /** `initial` is there to be edited; Enter takes it. */
  text(question: TextQuestion): Promise<string>;
  choose<Value extends string>(message: string, options: readonly ChoiceOption<Value>[]): Promise<Value>;
  /** All are chosen at first. Gives their values. */
  chooseMany(message: string, options: readonly ChoiceOption<string>[]): Promise<readonly string[]>;
  confirm(message: string): Promise<boolean>;
}

export interface TextQuestion {
  readonly message: string;
  readonly initial?: string;
  /** Shown while nothing is typed; not an answer. */
  readonly placeholder?: string;
  /** What is wrong with an answer, in words. */
  readonly problem?: (answer: string) => string | undefined;
}

export interface ChoiceOption<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly hint?: string;
}

export interface PrompterStreams {
  readonly input: Readable;
  readonly output: Writable;
  readonly signal: AbortSignal;
}

export async function createPrompter(streams: PrompterStreams): Promise<Prompter> {
  const clack = await import('@clack/prompts');
  const { output, signal } = streams;
  const answered = <Answer>(answer: Answer | symbol): Answer => {
    if (typeof answer !== 'symbol') return answer;
    if (signal.aborted) throw signal.reason;
    throw cancelled();
  };
  return {
    intro: (title) => clack.intro(title, { output }),
    note: (text, title) => clack.note(text, title, { output, format: (line) => line }),
    info: (text) => clack.log.info(text, { output }),
    warn: (text) => clack.log.warn(text, { output }),
    outro: (text) => clack.outro(text, { output }),
    async text({ message, initial, placeholder, problem }) {
      const answer = await clack.text({
        ...streams,
        message,
        ...(initial === undefined ? {} : { initialValue: initial }),
        ...(placeholder === undefined ? {} : { placeholder }),
        validate: (value) => problem?.((value ?? '').trim()),
      });
      return answered<string>(answer).trim();
    },
    async choose(message, options) {
      const plain = options.map(optionOf);
      const chosen = answered<string>(await clack.select<string>({ ...streams, message, options: plain }));
      return options.find((each) => each.value === chosen)?.value ?? fault();
    },
    async chooseMany(message, options) {
      const initialValues = options.map((each) => each.value);
      const plain = options.map(optionOf);
      return answered<readonly string[]>(
        await clack.multiselect<string>({
          ...streams,
          message,
          options: plain,
          initialValues,
          required: false,
        }),
      );
    },
    confirm: async (message) => answered<boolean>(await clack.confirm({ ...streams, message })),
  };
}

function optionOf({ value, label, hint }: ChoiceOption<string>) {
  return { value, label, ...(hint === undefined ? {} : { hint }) };
}

function cancelled(): LifeboatError {
  return new LifeboatError('INTERRUPTED', 'init was cancelled at a question', {
    hint: 'Run `lifeboat init` again when you like; it asks before it makes anything.',
  });
}

function fault(): never {
  throw new LifeboatError('ASSERTION', 'the chosen option is one of those offered');
}
