/**
 * Lines of at most `columns`: the first as it is indented, the others with `indent`. A word that is longer stands
 * alone.
 */
export function wrapText(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  const [first = '', ...rest] = text.trimStart().split(' ');
  let line = `${text.slice(0, text.length - text.trimStart().length)}${first}`;
  for (const word of rest) {
    if (line.length + 1 + word.length > columns) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

/** Cut in the middle, where names differ least. */
export function shortened(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const head = Math.ceil((lengthMax - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (lengthMax - 1 - head))}`;
}
