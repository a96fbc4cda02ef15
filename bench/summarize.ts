/** Medians and ratios of what was measured, and whether it can be believed. */
import { type RowName, titles } from './rows.ts';
import type { Measured } from './run-pairs.ts';

export interface Cell {
  readonly lifeboat: number;
  readonly restic: number;
  /** The median of the ratios of the pairs; below 1 Lifeboat needs less. */
  readonly ratio: number;
  /** The smallest and the largest ratio of a pair. */
  readonly ratioRange: readonly [number, number];
}

export interface RowSummary {
  readonly row: RowName;
  readonly pairs: number;
  readonly cells: Readonly<Record<Quantity, Cell>>;
}

const quantities = ['wallS', 'cpuS', 'peakMb', 'repositoryBytes'] as const;
type Quantity = (typeof quantities)[number];

export function summarize(measured: readonly Measured[]): RowSummary[] {
  const byRow = Map.groupBy(measured, ({ row }) => row);
  return [...byRow].map(([row, ofRow]) => {
    const pairs = Math.max(...ofRow.map(({ pair }) => pair)) + 1;
    const cells = Object.fromEntries(quantities.map((quantity) => [quantity, cellOf(ofRow, quantity)]));
    return { row, pairs, cells: cells as Record<Quantity, Cell> };
  });
}

function cellOf(ofRow: readonly Measured[], quantity: Quantity): Cell {
  const of = (name: string): number[] =>
    ofRow
      .filter(({ contestant }) => contestant === name)
      .sort((a, b) => a.pair - b.pair)
      .map((one) => one[quantity]);
  const ours = of('lifeboat');
  const theirs = of('restic');
  const ratios = ours.map((value, at) => value / (theirs[at] ?? Number.NaN));
  return {
    lifeboat: median(ours),
    restic: median(theirs),
    ratio: median(ratios),
    ratioRange: [Math.min(...ratios), Math.max(...ratios)],
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** A table in Markdown: Lifeboat, restic, and their ratio with its range over the pairs. */
export function showTable(summary: readonly RowSummary[]): string {
  const header =
    '| | wall s | processor s | peak memory MB | repository MB |\n| --- | --- | --- | --- | --- |';
  const rows = summary.map(({ row, cells }) => {
    const columns = [
      show(cells.wallS, 1, 1),
      show(cells.cpuS, 1, 1),
      show(cells.peakMb, 1, 0),
      show(cells.repositoryBytes, 1e-6, 1),
    ];
    return `| ${titles[row]} | ${columns.join(' | ')} |`;
  });
  const pairs = summary[0]?.pairs ?? 0;
  return `\nlifeboat / restic, medians of ${pairs} pairs; = ratio (smallest–largest of the pairs)\n\n${[header, ...rows].join('\n')}\n`;
}

function show({ lifeboat, restic, ratio, ratioRange }: Cell, scale: number, digits: number): string {
  const [least, most] = ratioRange.map((value) => value.toFixed(2));
  const range = least === most ? '' : ` (${least}–${most})`;
  return `${(lifeboat * scale).toFixed(digits)} / ${(restic * scale).toFixed(digits)} = **${ratio.toFixed(2)}**${range}`;
}

/** What would show that the benchmark measured something else than it says. */
export function checkSane(summary: readonly RowSummary[], measured: readonly Measured[]): string[] {
  const problems: string[] = [];
  for (const { row, cells } of summary) {
    for (const quantity of quantities) {
      const { lifeboat, restic, ratio } = cells[quantity];
      if (![lifeboat, restic, ratio].every((value) => Number.isFinite(value) && value > 0))
        problems.push(`${quantity} of ${row}`);
    }
  }
  for (const restores of Map.groupBy(measured, ({ pair, row }) => `${pair} ${row}`).values()) {
    const [one, ...others] = restores.flatMap(({ restored }) => restored ?? []);
    for (const other of others)
      if (other.files !== one?.files || other.bytes !== one.bytes)
        problems.push('the programs restored different numbers of files or bytes');
  }
  return problems;
}
