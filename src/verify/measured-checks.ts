/**
 * Checks that compare a database with what was measured at its capture. A server goes on while it is measured, so that
 * the copy is asked twice: as it was captured, and, where that differs, as its log says that it was when it was measured.
 */
import type { CheckResult } from '../evidence/record.ts';
import type { ResolvedCheck, Tolerance } from '../plan/resolved-plan.ts';
import type { DatabaseProbe, ProbeVerdict } from './check-tools.ts';
import { compareValues } from './compare-values.ts';

export interface MeasuredCheck {
  readonly name: string;
  readonly expected: number | string;
  readonly tolerance: Tolerance;
  readonly ask: () => Promise<ProbeVerdict>;
}

type SqlCheck = Extract<ResolvedCheck, { kind: 'sql' }>;

const exactly: Tolerance = { kind: 'absolute', value: 0 };
const rowsPrefix = 'rows:';

/** The plan's own that expect what was captured, by the check. */
export function measuredQuery(
  check: SqlCheck,
  probe: DatabaseProbe,
  values: Readonly<Record<string, number | string>>,
): MeasuredCheck | undefined {
  const expected = values[`query:${check.name}`];
  if (check.expect.kind === 'value' || expected === undefined) return undefined;
  return { name: check.name, expected, tolerance: check.tolerance, ask: () => probe.value(check.query) };
}

/** Tables whose rows were counted, as exactly as the plan's checks want it. */
export function measuredCounts(
  checks: readonly ResolvedCheck[],
  probe: DatabaseProbe,
  values: Readonly<Record<string, number | string>>,
): readonly MeasuredCheck[] {
  const { rowCount } = probe;
  if (rowCount === undefined) return [];
  return Object.entries(values).flatMap(([key, expected]) => {
    if (!key.startsWith(rowsPrefix)) return [];
    const table = key.slice(rowsPrefix.length);
    const own = checks.find((check) => check.kind === 'row_counts' && check.tables.includes(table));
    const tolerance = own?.kind === 'row_counts' ? own.tolerance : exactly;
    return [{ name: nameOfCount(table), expected, tolerance, ask: () => rowCount(table) }];
  });
}

export function nameOfCount(table: string): string {
  return `rows of ${table}`;
}

/** In their order. The copy may have been advanced to where it was measured afterwards. */
export async function runMeasured(
  checks: readonly MeasuredCheck[],
  { advance }: DatabaseProbe,
): Promise<readonly CheckResult[]> {
  const first: { readonly check: MeasuredCheck; readonly result: CheckResult }[] = [];
  for (const check of checks) first.push({ check, result: resultOf(check, await check.ask()) });
  if (advance === undefined || first.every(({ result }) => result.verdict !== 'fail'))
    return first.map(({ result }) => result);
  const went = await advance('measured');
  const results: CheckResult[] = [];
  for (const { check, result } of first)
    results.push(result.verdict === 'fail' ? await again(check, result, went) : result);
  return results;
}

async function again(check: MeasuredCheck, before: CheckResult, went: ProbeVerdict): Promise<CheckResult> {
  if (went.kind !== 'passed') {
    const why = went.kind === 'failed' ? went.reasons.join('; ') : went.reason;
    const message = `the source may have gone on while it was measured, and its log does not tell: ${why}`;
    return { ...before, verdict: 'inconclusive', message };
  }
  const after = resultOf(check, await check.ask());
  // what did not change in between was the same when it was measured
  if (after.verdict !== 'fail' || after.actual === before.actual) return after;
  const message = `it was changed while it was measured: ${before.actual} as captured, ${after.actual} right after`;
  return { ...after, verdict: 'inconclusive', message };
}

function resultOf({ name, expected, tolerance }: MeasuredCheck, verdict: ProbeVerdict): CheckResult {
  if (verdict.kind === 'passed') return compareValues(name, expected, verdict.value, tolerance);
  if (verdict.kind === 'failed')
    return { name, verdict: 'fail', message: verdict.reasons.slice(0, 5).join('; ') };
  return { name, verdict: 'inconclusive', message: verdict.reason };
}
