/** Columns of text, aligned; the last one is left ragged. */
import type { Style } from './style.ts';

export interface Column {
  readonly heading: string;
  readonly align?: 'left' | 'right';
}

/** Widths count what is shown: cells hold no colour. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: Style,
): string[] {
  const widths = columns.map(({ heading }, index) =>
    Math.max(heading.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, index) => {
        const [cell, width] = [cells[index] ?? '', widths[index] ?? 0];
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [style.bold(line(columns.map(({ heading }) => heading))), ...rows.map(line)];
}
