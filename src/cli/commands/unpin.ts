/** `lifeboat unpin`: releases what `lifeboat pin` holds. */
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { holdOptions, holdPoints, pointsArgument } from '../retention/hold-points.ts';

export const unpin: Command<AppContext> = {
  description:
    'Releases points that were pinned, or with --legal-hold those under legal hold. Retention may give them up from then on.',
  arguments: [pointsArgument],
  options: holdOptions,
  examples: [
    { line: 'lifeboat unpin 1f2e3d4c --why "migration is done"', says: 'retention decides again' },
    { line: 'lifeboat unpin 1f2e3d4c --legal-hold --why "case closed"', says: 'the duty is over' },
  ],
  run: (context, input) => holdPoints(context, input, 'release'),
};
