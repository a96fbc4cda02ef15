/** `lifeboat pin`: points that retention must not touch. */
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { holdOptions, holdPoints, pointsArgument, untilOption } from '../retention/hold-points.ts';

export const pin: Command<AppContext> = {
  description:
    'Holds points: neither retention nor `lifeboat forget` gives them up until they are released. A legal hold is apart from a ' +
    'pin, so that neither is released by mistake. Stock restic does not know of holds.',
  arguments: [pointsArgument],
  options: [...holdOptions, untilOption],
  examples: [
    { line: 'lifeboat pin 1f2e3d4c --why "before the migration"', says: 'keep it until `unpin`' },
    {
      line: 'lifeboat pin 1f2e3d4c --legal-hold --until 2028-01-31 --why "case 4711"',
      says: 'a duty, with its end',
    },
  ],
  run: (context, input) => holdPoints(context, input, 'set', input.value('--until')),
};
