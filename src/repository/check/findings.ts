import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { CheckFinding } from '../repository-types.ts';

export interface Findings {
  readonly errors: CheckFinding[];
  readonly hints: CheckFinding[];
}

/** Damage becomes a finding; everything else is raised. */
export async function recording<T>(
  findings: Findings,
  object: string,
  act: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof LifeboatError) || !['OBJECT_DAMAGED', 'OBJECT_MISSING'].includes(error.code))
      throw error;
    findings.errors.push({ object, what: error.message, hint: error.hint ?? '' });
    return undefined;
  }
}
