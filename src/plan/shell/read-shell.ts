import { readTokens, type Token } from './read-tokens.ts';
import type {
  Joint,
  ShellAssignment,
  ShellRedirection,
  ShellScript,
  ShellWord,
  SimpleCommand,
} from './shell-script.ts';

/** Longer than any field of a plan; what is longer is not read. */
const scriptLengthMax = 64 * 1024;

export interface ShellModes {
  readonly errexit: boolean;
  readonly pipefail: boolean;
}

/** Reads a script for `sh` or `bash`. Never throws; takes time in proportion to the length of the text. */
export function readShell(
  source: string,
  modes: ShellModes = { errexit: false, pipefail: false },
): ShellScript {
  if (source.length > scriptLengthMax) return { commands: [], isWhole: false };
  const { tokens, isWhole } = readTokens(source);
  const reader = new ScriptReader(modes);
  for (const token of tokens) reader.take(token);
  const commands = reader.end();
  return { commands, isWhole: isWhole && reader.isWhole };
}

/** Words that stand where a program would, and open or close something. */
const conditionWords = ['if', 'elif', 'while', 'until'];
const neutralWords = ['then', 'do', 'else', '{', '}', 'fi', 'done', 'esac', 'time', ';;'];
const headWords = ['for', 'case', 'function'];

/** Owns what is known in the middle of a script: the words so far, and what came before them. */
class ScriptReader {
  isWhole = true;
  private readonly commands: SimpleCommand[] = [];
  private assignments: ShellAssignment[] = [];
  private words: ShellWord[] = [];
  private redirections: ShellRedirection[] = [];
  private pendingRedirection: string | undefined;
  private joint: Joint = 'start';
  private pipeline = 0;
  private list = 0;
  private isCondition = false;
  private isNegated = false;
  /** Between `[[` and `]]`, where operators mean something else. */
  private isInTest = false;
  /** What ends the part that is passed over: `do` of a loop's head, `esac` of a case. */
  private skipUntil: readonly string[] = [];
  private modes: ShellModes;

  constructor(modes: ShellModes) {
    this.modes = modes;
  }

  take(token: Token): void {
    if (this.skipUntil.length > 0) this.skip(token);
    else if (this.isInTest) this.takeInTest(token);
    else if (token.kind === 'word') this.takeWord(token.word);
    else if (token.kind === 'redirection') this.pendingRedirection = token.operator;
    else this.takeOperator(token.text);
  }

  end(): readonly SimpleCommand[] {
    if (this.skipUntil.length > 0) this.isWhole = false;
    this.finish();
    return this.commands;
  }

  private skip(token: Token): void {
    const text = token.kind === 'word' ? token.word.text : token.kind === 'operator' ? token.text : '';
    if (!this.skipUntil.includes(text)) return;
    this.skipUntil = [];
    if (text === '\n' || text === ';') this.takeOperator(text);
  }

  private takeInTest(token: Token): void {
    if (token.kind === 'word') this.words.push(token.word);
    const ends = token.kind === 'word' ? token.word.text === ']]' : isLineEnd(token);
    if (ends) this.isInTest = false;
    if (isLineEnd(token)) this.takeOperator('\n');
  }

  private takeWord(word: ShellWord): void {
    if (this.pendingRedirection !== undefined) {
      this.redirections.push({ operator: this.pendingRedirection, target: word });
      this.pendingRedirection = undefined;
      return;
    }
    if (this.words.length > 0) {
      this.words.push(word);
      return;
    }
    if (!word.isQuoted && !word.expands && this.takeReserved(word)) return;
    const assignment = assignmentOf(word);
    if (assignment === undefined) this.words.push(word);
    else this.assignments.push(assignment);
  }

  /** Whether the word was one of the language's own. */
  private takeReserved({ text }: ShellWord): boolean {
    if (conditionWords.includes(text)) {
      this.isCondition = true;
      return true;
    }
    if (neutralWords.includes(text)) {
      if (text === 'then' || text === 'do') this.isCondition = false;
      return true;
    }
    if (text === '!') {
      this.isNegated = true;
      return true;
    }
    this.isInTest = text === '[[';
    if (!headWords.includes(text)) return false;
    if (text === 'case') this.isWhole = false;
    this.skipUntil = text === 'case' ? ['esac'] : text === 'for' ? ['do', ';', '\n'] : ['{', '('];
    return true;
  }

  private takeOperator(text: string): void {
    if (text === '(' && this.words.length > 0) {
      this.takeBracket();
      return;
    }
    this.finish();
    if (text === '|' || text === '|&') this.join('|');
    else if (text === '&&' || text === '||') this.join(text);
    else if (text !== '\n' || !isOpen(this.joint)) this.separate();
  }

  /** `name()` begins a function; a bracket anywhere else behind a word cannot be read. */
  private takeBracket(): void {
    if (this.words.length === 1) this.words = [];
    else {
      this.isWhole = false;
      this.skipUntil = ['\n', ';'];
    }
    this.finish();
    this.separate();
  }

  private join(joint: Joint): void {
    this.joint = joint;
    if (joint === '|') return;
    this.pipeline += 1;
    this.isNegated = false;
  }

  private separate(): void {
    this.joint = this.commands.length === 0 ? 'start' : ';';
    this.pipeline += 1;
    this.list += 1;
    this.isNegated = false;
  }

  private finish(): void {
    const { assignments, words, redirections } = this;
    const first = words[0] ?? assignments[0]?.value ?? redirections[0]?.target;
    this.assignments = [];
    this.words = [];
    this.redirections = [];
    this.pendingRedirection = undefined;
    if (first === undefined) return;
    const { joint, pipeline, list } = this;
    const isCondition = this.isCondition || this.isNegated;
    const place = { line: first.line, joint, pipeline, list, isCondition };
    this.commands.push({ assignments, words, redirections, ...place, ...this.modes });
    this.modes = modesAfter(words, this.modes);
    this.joint = ';';
  }
}

function isLineEnd(token: Token): boolean {
  return token.kind === 'operator' && token.text === '\n';
}

function isOpen(joint: Joint): boolean {
  return joint === '|' || joint === '&&' || joint === '||';
}

function assignmentOf(word: ShellWord): ShellAssignment | undefined {
  const name = /^([A-Za-z_][A-Za-z0-9_]*)\+?=/.exec(word.text);
  if (name === null) return undefined;
  return { name: name[1] ?? '', value: { ...word, text: word.text.slice(name[0].length) } };
}

/** What `set -e`, `set +e` and `set -o pipefail` leave behind. */
export function modesAfter(words: readonly ShellWord[], modes: ShellModes): ShellModes {
  if (words[0]?.text !== 'set') return modes;
  return modesOfOptions(
    words.slice(1).map((word) => word.text),
    modes,
  );
}

/** The same options on the command line of a shell: `bash -euo pipefail`. */
export function modesOfOptions(options: readonly string[], modes: ShellModes): ShellModes {
  let { errexit, pipefail } = modes;
  options.forEach((option, index) => {
    if (!/^[-+][a-zA-Z]+$/.test(option)) return;
    const on = option.startsWith('-');
    const name = option.includes('o') ? options[index + 1] : undefined;
    if (option.includes('e') || name === 'errexit') errexit = on;
    if (name === 'pipefail') pipefail = on;
  });
  return { errexit, pipefail };
}
