/**
 * Reads TypeScript as text: tells code from comments, strings, templates and regular expressions, so that a
 * rule never trips over a word in a comment. TypeScript 7 has no JavaScript API, and a rule needs no types.
 *
 * The one guess: whether a `/` divides or starts a regular expression is decided by what stands before it.
 */
export interface Scan {
  /** As long as the text, line by line; everything that is not code is a space, quotes stay. */
  readonly code: string;
  readonly strings: readonly SourceString[];
}

export interface SourceString {
  /** Offset of the opening quote. */
  readonly start: number;
  /** As written between the quotes, escapes not resolved; of a template with `${}`, nothing. */
  readonly value: string;
  readonly computed: boolean;
}

export function scanSource(text: string): Scan {
  const state: State = { text, out: [...text], strings: [], at: 0, templates: [] };
  if (text.startsWith('#!')) blank(state, endOfLine(text, 0));
  while (state.at < text.length) step(state);
  return { code: state.out.join(''), strings: state.strings };
}

export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

interface State {
  readonly text: string;
  readonly out: string[];
  readonly strings: SourceString[];
  at: number;
  /** One entry for each template being inside of: how many braces are open in its current `${}`. */
  readonly templates: number[];
}

function step(state: State): void {
  const { text, at } = state;
  const char = text[at];
  if (text.startsWith('//', at)) blank(state, endOfLine(text, at));
  else if (text.startsWith('/*', at)) blank(state, endOf(text, '*/', at + 2));
  else if (char === "'" || char === '"') quoted(state, char);
  else if (char === '`') template(state, at + 1);
  else if (char === '/' && startsRegExp(state)) blank(state, endOfRegExp(text, at));
  else if (char === '{' || char === '}') brace(state, char);
  else state.at += 1;
}

function brace(state: State, char: '{' | '}'): void {
  const depth = state.templates.at(-1);
  state.at += 1;
  if (depth === undefined) return;
  if (char === '{') state.templates[state.templates.length - 1] = depth + 1;
  else if (depth > 0) state.templates[state.templates.length - 1] = depth - 1;
  else {
    state.templates.pop();
    template(state, state.at);
  }
}

function quoted(state: State, quote: string): void {
  const start = state.at;
  let end = start + 1;
  while (end < state.text.length && state.text[end] !== quote && state.text[end] !== '\n') {
    end += state.text[end] === '\\' ? 2 : 1;
  }
  state.strings.push({ start, value: state.text.slice(start + 1, end), computed: false });
  state.at = start + 1;
  blank(state, end);
  state.at = end + 1;
}

/** From inside a template to its end or to the next `${`. */
function template(state: State, from: number): void {
  let end = from;
  while (end < state.text.length && state.text[end] !== '`' && !state.text.startsWith('${', end)) {
    end += state.text[end] === '\\' ? 2 : 1;
  }
  const whole = state.text[from - 1] === '`' && state.text[end] === '`';
  if (state.text[from - 1] === '`') {
    state.strings.push({
      start: from - 1,
      value: whole ? state.text.slice(from, end) : '',
      computed: !whole,
    });
  }
  state.at = from;
  blank(state, end);
  if (state.text[end] === '$') state.templates.push(0);
  state.at = state.text[end] === '$' ? end + 2 : end + 1;
}

const wordsBeforeRegExp =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|delete|throw|await|yield|new)$/;

function startsRegExp(state: State): boolean {
  const before = state.out
    .slice(Math.max(0, state.at - 200), state.at)
    .join('')
    .trimEnd();
  if (before === '' || wordsBeforeRegExp.test(before)) return true;
  return /[(,=:[!&|?{};+\-*%<>~^]$/.test(before) && !/(?:\+\+|--)$/.test(before);
}

function endOfRegExp(text: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at += 1) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return at + 1;
  }
  return start + 1;
}

/** Blanks up to `end` and goes there; line ends stay, so that lines can still be counted. */
function blank(state: State, end: number): void {
  for (let at = state.at; at < end && at < state.out.length; at += 1) {
    if (state.out[at] !== '\n') state.out[at] = ' ';
  }
  state.at = end;
}

function endOfLine(text: string, from: number): number {
  return endOf(text, '\n', from);
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + mark.length;
}
