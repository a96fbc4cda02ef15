/** The rows of `status` as a table that fits; what has no room is told below its row. */

export const headings = ['state', 'system', 'RPO', 'RTO', 'proof', 'next run'] as const;

/** What gives way first. */
const leaving: readonly (typeof headings)[number][] = ['next run', 'proof', 'RTO'];

export interface SystemTable {
  readonly heading: string;
  readonly rows: readonly {
    readonly line: string;
    /** `next run: in 3 h`, for each column that was left out. */
    readonly below: readonly string[];
  }[];
}

/** `rows`: a cell for each heading. `columns`: of the terminal. */
export function systemTable(rows: readonly (readonly string[])[], columns: number): SystemTable {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const shown = shownColumns(widths, columns);
  const line = (cells: readonly string[]): string =>
    shown
      .map((column) => (cells[column] ?? '').padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const hidden = headings.flatMap((heading, column) => (shown.includes(column) ? [] : [{ heading, column }]));
  return {
    heading: line(headings),
    rows: rows.map((cells) => ({
      line: line(cells),
      below: hidden.map(({ heading, column }) => `${heading}: ${cells[column] ?? ''}`),
    })),
  };
}

function shownColumns(widths: readonly number[], columns: number): readonly number[] {
  let shown: readonly number[] = headings.map((_, column) => column);
  const width = () => shown.reduce((sum, column) => sum + (widths[column] ?? 0) + 2, -2);
  for (const heading of leaving) {
    if (width() <= columns) break;
    shown = shown.filter((column) => headings[column] !== heading);
  }
  return shown;
}
