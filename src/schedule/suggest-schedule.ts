const distanceMax = 2;

const keywords: readonly string[] = [
  'daily',
  'hourly',
  'weekly',
  'monthly',
  'quarterly',
  'weekdays',
  'continuous',
  'every',
  'nightly',
];

const examples: readonly (readonly [RegExp, string])[] = [
  [/deploy|release/i, 'on deploy'],
  [/commit|push|git/i, 'on commit'],
  [/month/i, 'monthly on the 1st at 04:00'],
  [/week/i, 'weekly on Sunday at 03:00'],
  [/hour/i, 'hourly'],
  [/min/i, 'every 15 min'],
  [/day|night/i, 'daily at 02:00'],
];

/** A text that is understood and near to what was written: the first word corrected, else an example that fits. */
export function suggestSchedule(words: string): string | undefined {
  const [first = '', ...rest] = words.split(' ');
  const near = nearWord(first, keywords);
  if (near !== undefined) return [near, ...rest].join(' ');
  return examples.find(([pattern]) => pattern.test(words))?.[1];
}

/** The first of the words that a slip of the pen could have made this of; it is not the word itself. */
export function nearWord(word: string, words: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  return words.find((each) => each !== lower && distance(lower, each) <= distanceMax);
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
