import { LifeboatError } from '../error/lifeboat-error.ts';
import type { Finding } from '../plan/finding.ts';
import { plural } from './quantity-text.ts';

/** Why a plan cannot be used: PLAN_UNFINISHED while placeholders are the only errors, else PLAN_INVALID. */
export function planFault(path: string, errors: readonly Finding[]): LifeboatError {
  const unfinished = errors.every(({ id }) => id === 'placeholder');
  const [first] = errors;
  const where = first?.file === undefined ? '' : ` of ${first.file}`;
  const place = first === undefined ? '' : `, the first on line ${first.line}${where}: ${first.message}`;
  return new LifeboatError(
    unfinished ? 'PLAN_UNFINISHED' : 'PLAN_INVALID',
    `the plan ${path} has ${plural(errors.length, unfinished ? 'placeholder' : 'error')}${place}`,
    { hint: 'Run `lifeboat lint` to see all of them with their places.' },
  );
}
