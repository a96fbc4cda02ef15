/** YAML's syntax errors, each said once: what follows from one is not a second one. */
import type { TextFinding } from './finding.ts';
import { syntaxMessage } from './syntax-message.ts';

export interface SyntaxError {
  readonly code: string;
  /** Offsets into the text. */
  readonly pos: readonly [from: number, to: number];
}

/** In the order of the text. */
export function syntaxProblems(errors: readonly SyntaxError[], text: string): readonly TextFinding[] {
  const sorted = errors.toSorted((left, right) => left.pos[0] - right.pos[0]);
  return withoutFollowing(sorted, text)
    .slice(0, problemsMax)
    .map((error) => problemOf(error, text));
}

const problemsMax = 50;

/** After a token that fits nowhere all tokens do not fit, and after a tab no indentation is what it seems. */
function withoutFollowing(errors: readonly SyntaxError[], text: string): readonly SyntaxError[] {
  const firstToken = errors.find(isToken);
  const firstTab = errors.find(isTab);
  const tabLines = new Set<number>();
  return errors.filter((error) => {
    if (isTab(error)) {
      const line = text.lastIndexOf('\n', error.pos[0] - 1);
      if (tabLines.has(line)) return false;
      tabLines.add(line);
      return true;
    }
    if (firstTab !== undefined && error.pos[0] >= firstTab.pos[0]) return false;
    return !isToken(error) || error === firstToken;
  });
}

function isToken({ code }: SyntaxError): boolean {
  return code === 'UNEXPECTED_TOKEN';
}

function isTab({ code }: SyntaxError): boolean {
  return code === 'TAB_AS_INDENT';
}

function problemOf({ code, pos: [from, to] }: SyntaxError, text: string): TextFinding {
  const base = { id: 'yaml-syntax', severity: 'error', from, to } as const;
  const words = unquotedReference(from, text) ?? unquotedBracket(code, from, text);
  return words === undefined ? { ...base, ...syntaxMessage(code) } : { ...base, ...words };
}

type Words = Pick<TextFinding, 'from' | 'to' | 'message' | 'suggestion'>;

/** Inside brackets, `{` begins a map wherever it stands. Only what cannot hold a secret is repeated. */
function unquotedReference(brace: number, text: string): Words | undefined {
  if (text.slice(brace - 1, brace + 1) !== '${') return undefined;
  const from = brace - 1;
  const reference = /^\$\{[^}\n]{0,200}\}/.exec(text.slice(from, from + 210))?.[0] ?? '${';
  const isHarmless = /^\$\{(?:(?:env|file):)?[\w./~-]+\}$/.test(reference);
  return {
    from,
    to: from + reference.length,
    message: `text with "\${" inside of brackets needs quotes`,
    suggestion: isHarmless ? `put it into quotes: "${reference}"` : 'put it into quotes',
  };
}

function unquotedBracket(code: string, at: number, text: string): Words | undefined {
  if (code !== 'UNEXPECTED_TOKEN') return undefined;
  const before = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  const list = /(?:: +|- +)(\[[^\][]*\] *)$/.exec(before)?.[1];
  if (list === undefined) return undefined;
  return {
    from: at - list.length,
    to: at,
    message: 'text that begins with [ needs quotes',
    suggestion: 'put the whole text into quotes',
  };
}
