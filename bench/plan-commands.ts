/** How long the commands that only think take on a large plan, and how much memory. */
import fs from 'node:fs';
import path from 'node:path';
import { lifeboatCommand } from './contestants.ts';
import { makePlan } from './make-plan.ts';
import { measure } from './measure.ts';
import { median } from './summarize.ts';

export interface PlanFigure {
  readonly name: string;
  readonly wallMs: number;
  readonly limitMs: number;
  readonly peakMb: number;
  readonly limitMb: number;
}

const systems = 1000;
const limitMb = 200;
const roundsPerPair = 5;

/** Findings and breached objectives are answers as well. */
const answers = [6, 7];

const commands = [
  { name: `lint of ${systems} systems`, limitMs: 1000, arguments: ['lint'] },
  {
    name: `plan simulate of ${systems} systems`,
    limitMs: 2000,
    arguments: ['plan', 'simulate', '--scenario', 'region-loss'],
  },
] as const;

export function measurePlanCommands(folder: string, pairs: number): PlanFigure[] {
  const plan = path.join(folder, 'large.yaml');
  fs.writeFileSync(plan, makePlan(systems));
  return commands.map(({ name, limitMs, arguments: words }) => {
    const command = lifeboatCommand(folder, ...words, '--plan', plan);
    const rounds = Array.from({ length: pairs * roundsPerPair }, () => measure(command, answers));
    const wallMs = median(rounds.map(({ wallS }) => wallS * 1000));
    return { name, wallMs, limitMs, peakMb: median(rounds.map(({ peakMb }) => peakMb)), limitMb };
  });
}

export function showPlanCommands(figures: readonly PlanFigure[]): string[] {
  return figures.map(
    ({ name, wallMs, limitMs, peakMb, limitMb: memory }) =>
      `${name}: ${wallMs.toFixed(0)} ms (at most ${limitMs} ms wanted), ${peakMb.toFixed(0)} MB (at most ${memory} MB wanted)`,
  );
}
