import type { CheckResult } from '../evidence/record.ts';
import type { Tolerance } from '../plan/resolved-plan.ts';

/** Compares what a query gave on the restored data with what it should give, within the tolerance of numbers. */
export function compareValues(
  name: string,
  expected: number | string,
  actual: number | string,
  tolerance: Tolerance,
): CheckResult {
  const verdict = withinTolerance(expected, actual, tolerance) ? 'pass' : 'fail';
  return { name, verdict, expected: String(expected), actual: String(actual) };
}

/** Numbers may come as text from a database and from a plan; text is compared as it is. */
function withinTolerance(expected: number | string, actual: number | string, tolerance: Tolerance): boolean {
  if (String(expected) === String(actual)) return true;
  const [a, b] = [Number(expected), Number(actual)];
  if (String(expected).trim() === '' || String(actual).trim() === '' || Number.isNaN(a) || Number.isNaN(b))
    return false;
  const allowed = tolerance.kind === 'absolute' ? tolerance.value : (Math.abs(a) * tolerance.value) / 100;
  return Math.abs(a - b) <= allowed;
}
