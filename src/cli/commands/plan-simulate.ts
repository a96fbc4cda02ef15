/** `lifeboat plan simulate`: what a disaster would take, and when all is back. */
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { planOptions } from '../load-plan.ts';
import { runSimulate } from '../simulate/run-simulate.ts';

export const planSimulate: Command<AppContext> = {
  description:
    'Foresees a scenario of the plan: what of each system would be lost and when it would be back, the critical path, what ' +
    'blocks, whom and what it takes, and the verdict against each objective. Nothing is touched. Durations are measured ones ' +
    'where this machine knows past runs, else those that the plan declares, else usual ones, and each says which; what nobody ' +
    'knows is never green. Exit code 7 when an objective is breached or unknown, 5 when the plan has no scenarios.',
  options: [
    {
      flag: '--scenario',
      value: 'NAME',
      description: 'one scenario in full (default: a line for each of them)',
    },
    {
      flag: '--at',
      value: 'TIME',
      description:
        'when it strikes: what is lost is then counted from the schedules (default: the worst moment)',
    },
    { flag: '--svg', value: 'FILE', description: 'draw the recovery as a timeline' },
    ...planOptions,
  ],
  examples: [
    { line: 'lifeboat plan simulate', says: 'how every scenario would end' },
    { line: 'lifeboat plan simulate --scenario region-loss', says: 'one of them in full' },
    {
      line: 'lifeboat plan simulate --scenario region-loss --at "2026-11-21 01:59" --svg recovery.svg',
      says: 'just before the nightly run, with a picture',
    },
  ],
  run: runSimulate,
};
