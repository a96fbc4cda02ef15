/**
 * The statements of a script that pg_dumpall wrote. Lines for psql itself (`\connect`, `\restrict`) are left out: they
 * mean nothing to a server. Quotes are respected; dollar quotes do not occur in such a script.
 */
export function splitStatements(script: string): readonly string[] {
  const statements: string[] = [];
  let start = 0;
  for (let at = 0; at < script.length; ) {
    const token = tokenAt(script, at);
    at = token.end;
    if (token.kind === 'skipped' && script.slice(start, at - token.length).trim() === '') start = at;
    if (token.kind !== 'end') continue;
    statements.push(script.slice(start, at).trim());
    start = at;
  }
  return statements;
}

interface Token {
  /** `skipped`: a comment, or a line for psql. */
  readonly kind: 'text' | 'skipped' | 'end';
  readonly length: number;
  readonly end: number;
}

const patterns: readonly (readonly [Token['kind'], RegExp])[] = [
  // in a text that begins with E a backslash takes the next character with it
  ['text', /E'(?:[^'\\]|\\[\s\S]|'')*'/y],
  ['text', /'(?:[^']|'')*'/y],
  ['text', /"(?:[^"]|"")*"/y],
  ['skipped', /--[^\n]*(?:\n|$)/y],
  ['skipped', /^\\[^\n]*(?:\n|$)/my],
  ['end', /;/y],
  ['text', /\w+|[\s\S]/y],
];

function tokenAt(script: string, at: number): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const length = pattern.exec(script)?.[0].length;
    if (length !== undefined) return { kind, length, end: at + length };
  }
  return { kind: 'text', length: 1, end: at + 1 };
}
