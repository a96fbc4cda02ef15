/** Which systems look as if somebody had destroyed their data: told once each, and no pass is good until a person has looked. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { DeletionPause } from '../../recovery-point/suspicion.ts';
import type { Finding } from './finding.ts';

export const suspicionSubject = (system: string): string => `suspicion ${system}`;

/** One finding for each system. `known` was found out in this pass with more to say, and is not said twice. Pure. */
export function suspicionFindings(
  systems: readonly string[],
  pauses: readonly DeletionPause[],
  known: readonly Finding[],
): readonly Finding[] {
  return systems
    .filter((system) => !known.some(({ subject }) => subject === suspicionSubject(system)))
    .map((system) => {
      const about = { subject: suspicionSubject(system), systems: [system] };
      const pause = pauses.find((each) => each.system === system);
      return pause === undefined ? about : { ...about, isToldOnce: true as const, error: suspected(pause) };
    });
}

/** DELETION_PAUSED. */
export function suspected({ system, reason }: DeletionPause): LifeboatError {
  return new LifeboatError(
    'DELETION_PAUSED',
    `${system} looks as if its data were destroyed, and nothing is deleted where its points lie: ${reason}`,
    {
      hint: `Look at its newest backups. If all is well, run \`lifeboat forget --clear-suspicion ${system} --why TEXT\`.`,
      details: { system },
    },
  );
}
