/**
 * Reads `log_line_prefix` of a server as a pattern for its lines. Only what tells of transactions is taken out of them:
 * the time (`%m`, `%t`, `%n`), the session (`%c`, else the process `%p`) and the transaction (`%x`).
 */
export interface PrefixPattern {
  readonly pattern: RegExp;
  readonly hasTransaction: boolean;
}

const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? [A-Za-z0-9+:-]+`;
const escapes: Readonly<Record<string, string>> = {
  m: `(?<time>${time})`,
  t: `(?<time>${time})`,
  n: String.raw`(?<epoch>\d+\.\d{3})`,
  s: time,
  p: String.raw`(?<process>\d+)`,
  c: String.raw`(?<session>[0-9a-f]+\.[0-9a-f]+)`,
  x: String.raw`(?<xid>\d+)`,
  P: String.raw`\d*`,
  l: String.raw`\d+`,
  v: '[-0-9/]*',
  e: String.raw`\w{5}`,
  Q: String.raw`-?\d+`,
};

/** `undefined` for a prefix with a letter that no version knows, or that has one twice. */
export function readPrefix(prefix: string): PrefixPattern | undefined {
  const parts = [...prefix.matchAll(/%-?\d*([a-zA-Z%])|[^%]+|%/g)].map(([text, letter]) => ({
    text,
    letter,
  }));
  const letters = parts.flatMap(({ letter }) => (letter === undefined || letter === '%' ? [] : [letter]));
  if (new Set(letters).size < letters.length || (letters.includes('m') && letters.includes('t')))
    return undefined;
  const patterns = parts.map(patternOf);
  if (patterns.includes(undefined)) return undefined;
  const closing = letters.includes('q') ? ')?' : '';
  return {
    pattern: new RegExp(`^${patterns.join('')}${closing}(?<severity>[A-Z]+[0-9]?):  (?<message>.*)$`, 's'),
    hasTransaction: letters.includes('x'),
  };
}

interface PrefixPart {
  readonly text: string;
  /** Absent for what stands for itself. */
  readonly letter: string | undefined;
}

function patternOf({ text, letter }: PrefixPart): string | undefined {
  if (letter === undefined) return escaped(text);
  if (letter === '%') return '%';
  // what follows is there in sessions only
  if (letter === 'q') return '(?:';
  const inner = escapes[letter] ?? (/[abdhiruLBN]/.test(letter) ? '.*?' : undefined);
  if (inner === undefined) return undefined;
  return text.length > 2 ? ` *${inner} *` : inner;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
