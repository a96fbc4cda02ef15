const shownMax = 4;

/** `a, b and c`; after four of them only their number. */
export function namesInWords(names: readonly string[]): string {
  if (names.length > shownMax) {
    return `${names.slice(0, shownMax).join(', ')} and ${names.length - shownMax} more`;
  }
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
