import { LifeboatError } from '../../error/lifeboat-error.ts';
import { objectFolders } from '../layout.ts';
import type { CheckFinding } from '../repository-types.ts';

export interface Findings {
  readonly errors: CheckFinding[];
  readonly hints: CheckFinding[];
}

/**
 * Damage becomes a finding; everything else is raised. Where a pack is to blame, such as that of a tree, the finding is
 * about the pack: healing and later checks look for objects of the store.
 */
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
    const pack = [error.details['object'], error.details['key']].find(isPackKey);
    const found =
      pack === undefined || pack === object
        ? { object, what: error.message }
        : { object: pack, what: `${object}: ${error.message}` };
    findings.errors.push({ ...found, hint: error.hint ?? '' });
    return undefined;
  }
}

function isPackKey(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(objectFolders.pack);
}
