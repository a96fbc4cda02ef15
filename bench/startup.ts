/** How long it takes until the program has said something, for commands that people wait for. */
import { lifeboatCommand } from './contestants.ts';
import { measure } from './measure.ts';
import { median } from './summarize.ts';

export interface StartupFigure {
  readonly name: string;
  readonly wallMs: number;
  readonly limitMs: number;
}

const roundsPerPair = 5;

export function measureStartup(folder: string, pairs: number): StartupFigure[] {
  const version = Array.from(
    { length: pairs * roundsPerPair },
    () => measure(lifeboatCommand(folder, '--version')).wallS * 1000,
  );
  return [{ name: 'lifeboat --version', wallMs: median(version), limitMs: 150 }];
}

export function showStartup(figures: readonly StartupFigure[]): string[] {
  return figures.map(
    ({ name, wallMs, limitMs }) => `${name}: ${wallMs.toFixed(0)} ms (at most ${limitMs} ms wanted)`,
  );
}
