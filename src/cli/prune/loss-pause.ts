/** What keeps a prune from a vault that lost points nobody gave up. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { LostPoints } from '../../vault/lost-points.ts';
import { plural } from '../quantity-text.ts';

/** DELETION_PAUSED, or `undefined`. */
export function lossPause(name: string, { held, legal, bereft }: LostPoints): LifeboatError | undefined {
  if (held.length === 0 && bereft.length === 0) return undefined;
  const what =
    held.length === 0
      ? `${bereft.join(', ')} lost its last point, or its last proven one, there`
      : `${plural(held.length, 'held point')} lost its snapshot (${held.map((id) => id.slice(0, 8)).join(', ')})`;
  return new LifeboatError(
    'DELETION_PAUSED',
    `nothing is removed from ${name}: ${what}, and no record gave it up`,
    {
      hint:
        '`lifeboat repair heal` brings snapshots back from another vault, `lifeboat repair recover` finds what they led to. ' +
        `What was given up on purpose, \`lifeboat forget --point ID --why TEXT\` records${firstRelease(held, legal)}. ` +
        'To remove what nobody needs all the same, run `lifeboat prune --despite-damage --why TEXT`.',
      details: { snapshots: held, systems: bereft },
    },
  );
}

function firstRelease(held: readonly string[], legal: readonly string[]): string {
  if (held.length === 0) return '';
  const flag = legal.length === 0 ? '' : ' (with --legal-hold where it is one)';
  return `; what is held \`lifeboat unpin ID --why TEXT\`${flag} releases first`;
}
