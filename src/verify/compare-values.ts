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

/** As SQLite and people write them. What looks otherwise, such as `007`, is text and compared as it is. */
const decimal = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/;

/** Numbers may come as text from a database (beyond 2^53) and from a plan. */
function withinTolerance(expected: number | string, actual: number | string, tolerance: Tolerance): boolean {
  const [a, b] = [String(expected), String(actual)];
  if (a === b) return true;
  if (!decimal.test(a) || !decimal.test(b)) return false;
  const allowed =
    tolerance.kind === 'absolute' ? tolerance.value : (Math.abs(Number(a)) * tolerance.value) / 100;
  return distance(a, b) <= allowed;
}

/** Whole numbers are compared to the last digit, however large. */
function distance(a: string, b: string): number {
  const whole = /^-?\d+$/;
  return Math.abs(whole.test(a) && whole.test(b) ? Number(BigInt(a) - BigInt(b)) : Number(a) - Number(b));
}
