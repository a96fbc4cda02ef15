const weekdayWords = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** `monday`, `mondays`, `mon`, `thurs`, lower-case: 0 Sunday to 6 Saturday. */
export function parseWeekday(word: string): number | undefined {
  const singular = word.replace(/s$/, '');
  if (singular.length < 3) return undefined;
  const index = weekdayWords.findIndex(
    (name) =>
      name === singular ||
      name.slice(0, 3) === word ||
      name.slice(0, 4) === word ||
      name.slice(0, 5) === word,
  );
  return index === -1 ? undefined : index;
}
