/** How long it takes until the program has said something, for commands that people wait for. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lifeboatCommand, programArguments } from './contestants.ts';
import { type Command, measure } from './measure.ts';
import { median } from './summarize.ts';

export interface StartupFigure {
  readonly name: string;
  readonly wallMs: number;
  readonly limitMs: number;
}

const roundsPerPair = 5;

/** An objective that is not met is an answer as well. */
const objectiveNotMet = 7;
const quickstartPlan = fileURLToPath(new URL('../quickstart/lifeboat.yaml', import.meta.url));

/** `status` is asked of the folder that `npm start` leaves, where there is one. */
export function measureStartup(folder: string, pairs: number): StartupFigure[] {
  const rounds = pairs * roundsPerPair;
  const version = medianMs(rounds, lifeboatCommand(folder, '--version'));
  const figures = [{ name: 'lifeboat --version', wallMs: version, limitMs: 150 }];
  if (!fs.existsSync(quickstartPlan)) return figures;
  // in its own environment: what the quickstart cached for `status` is part of the question
  const ask = {
    file: process.execPath,
    arguments: programArguments('status', '--plan', quickstartPlan),
    environment: {},
  };
  const status = medianMs(rounds, ask);
  return [...figures, { name: 'lifeboat status', wallMs: status, limitMs: 400 }];
}

function medianMs(rounds: number, command: Command): number {
  return median(Array.from({ length: rounds }, () => measure(command, [objectiveNotMet]).wallS * 1000));
}

export function showStartup(figures: readonly StartupFigure[]): string[] {
  return figures.map(
    ({ name, wallMs, limitMs }) => `${name}: ${wallMs.toFixed(0)} ms (at most ${limitMs} ms wanted)`,
  );
}
