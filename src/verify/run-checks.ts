/** The plan's checks of one system, on data restored into a sandbox. */
import { assert, unreachable } from '../error/assert.ts';
import { hasCode } from '../error/lifeboat-error.ts';
import type { CheckResult } from '../evidence/record.ts';
import { isRunnableCheck } from '../plan/resolve-check.ts';
import type { ResolvedCheck } from '../plan/resolved-plan.ts';
import { type Program, type ProgramResult, startProgram } from '../platform/child-process.ts';
import { withoutPasswords } from '../platform/environment.ts';
import type { Manifest } from '../recovery-point/manifest.ts';
import type { DatabaseProbe, ProbeVerdict } from './check-tools.ts';
import { compareValues } from './compare-values.ts';
import type { EntryCounts } from './count-entries.ts';
import {
  type MeasuredCheck,
  measuredCounts,
  measuredQuery,
  nameOfCount,
  runMeasured,
} from './measured-checks.ts';

export interface CheckRequest {
  readonly checks: readonly ResolvedCheck[];
  readonly manifest: Manifest;
  /** What is really in the sandbox. */
  readonly counts: EntryCounts;
  /** The folder that the snapshot was restored into. */
  readonly sandbox: string;
  /** The restored database, of systems that have one. */
  readonly database?: DatabaseProbe;
  /** What was written after the capture is at hand, and is replayed before the checks but those of the capture. */
  readonly hasLog?: boolean;
  /** Why the database of such a system cannot be asked. */
  readonly noDatabase?: string;
  readonly systemName: string;
  readonly signal?: AbortSignal;
}

/** A result shows this much of what a program said last. */
const complaintLengthMax = 300;
/** So many results of one kind are shown one by one. */
const alikeMax = 5;

/** In the order of the plan; every check gives a result, whatever happens to the others. */
export async function runChecks(request: CheckRequest): Promise<readonly CheckResult[]> {
  const { database } = request;
  const opened = database?.opened;
  const results: CheckResult[] = opened === undefined ? [] : [ofProbe(request, 'a server starts', opened)];
  const { advance } = database ?? {};
  const measured = database === undefined ? [] : await runMeasured(measuredOf(request, database), database);
  if (advance !== undefined && request.hasLog === true)
    results.push(ofProbe(request, 'its log is replayed to the end', await advance('end')));
  for (const check of request.checks) {
    request.signal?.throwIfAborted();
    if (check.kind === 'row_counts')
      results.push(...check.tables.map((table) => countResult(table, measured)));
    else results.push(measured.find(({ name }) => name === check.name) ?? (await runCheck(request, check)));
  }
  const told = new Set(results.map(({ name }) => name));
  return [...results, ...folded(measured.filter(({ name }) => !told.has(name)))];
}

/** Many tables that nobody named are told as one, but for those that are not as they were. */
function folded(results: readonly CheckResult[]): readonly CheckResult[] {
  const passed = results.filter(({ verdict }) => verdict === 'pass');
  if (passed.length <= alikeMax) return results;
  const all: CheckResult = { name: `rows of ${passed.length} tables`, verdict: 'pass' };
  return [...results.filter(({ verdict }) => verdict !== 'pass'), all];
}

function countResult(table: string, measured: readonly CheckResult[]): CheckResult {
  const name = nameOfCount(table);
  const message = 'the source was not asked for the rows of this table at capture; back up again';
  return measured.find((result) => result.name === name) ?? { name, verdict: 'inconclusive', message };
}

/** Before the copy is brought forward: they ask what was measured at the capture. */
function measuredOf({ checks, manifest }: CheckRequest, database: DatabaseProbe): readonly MeasuredCheck[] {
  const queries = checks.flatMap((check) =>
    check.kind === 'sql' ? (measuredQuery(check, database, manifest.values) ?? []) : [],
  );
  return [...queries, ...measuredCounts(checks, database, manifest.values)];
}

async function runCheck(
  request: CheckRequest,
  check: Exclude<ResolvedCheck, { kind: 'row_counts' }>,
): Promise<CheckResult> {
  const { name } = check;
  const { database } = request;
  if (!isRunnableCheck(check)) return notCarriedOut(name, check.kind);
  switch (check.kind) {
    case 'integrity':
      return ofProbe(request, name, await database?.integrity());
    case 'foreign_keys':
      return ofProbe(request, name, await database?.foreignKeys());
    case 'sql':
      return sqlResult(request, check, await database?.value(check.query));
    case 'tables':
      return ofProbe(request, name, await database?.checkTables?.(check.tables));
    case 'files':
      return filesResult(request, check);
    case 'command':
      return await commandResult(request, check);
    default:
      return unreachable(check);
  }
}

/** What was not looked at proves nothing. */
function notCarriedOut(name: string, kind: string): CheckResult {
  return {
    name,
    verdict: 'inconclusive',
    message: `this version does not carry out checks of kind ${kind} yet`,
  };
}

function ofProbe(
  { noDatabase = 'the system has no database that this check could ask' }: CheckRequest,
  name: string,
  verdict: ProbeVerdict | undefined,
): CheckResult {
  if (verdict === undefined) return { name, verdict: 'inconclusive', message: noDatabase };
  if (verdict.kind === 'passed') return { name, verdict: 'pass', actual: String(verdict.value) };
  if (verdict.kind === 'failed')
    return { name, verdict: 'fail', message: verdict.reasons.slice(0, 5).join('; ') };
  return { name, verdict: 'inconclusive', message: verdict.reason };
}

function sqlResult(
  request: CheckRequest,
  check: Extract<ResolvedCheck, { kind: 'sql' }>,
  verdict: ProbeVerdict | undefined,
): CheckResult {
  if (verdict?.kind !== 'passed') return ofProbe(request, check.name, verdict);
  const expected =
    check.expect.kind === 'value' ? check.expect.value : request.manifest.values[`query:${check.name}`];
  if (expected === undefined) {
    return {
      name: check.name,
      verdict: 'inconclusive',
      actual: String(verdict.value),
      message: 'the source was not asked for this value at capture; back up again',
    };
  }
  return compareValues(check.name, expected, verdict.value, check.tolerance);
}

function filesResult(request: CheckRequest, check: Extract<ResolvedCheck, { kind: 'files' }>): CheckResult {
  const { counts, manifest } = request;
  if (check.minCount !== undefined && counts.files < check.minCount) {
    return {
      name: check.name,
      verdict: 'fail',
      expected: `at least ${check.minCount} files`,
      actual: `${counts.files} files`,
    };
  }
  if (!check.manifest) return { name: check.name, verdict: 'pass', actual: `${counts.files} files` };
  const expected = countsText(manifest.contents);
  const actual = countsText(counts);
  return { name: check.name, verdict: expected === actual ? 'pass' : 'fail', expected, actual };
}

export function countsText({ files, directories, symlinks, others, bytes }: EntryCounts): string {
  return `${files} files, ${directories} folders, ${symlinks} links, ${others} others, ${bytes} bytes`;
}

/** Exit code 0 passes; a program that cannot be started or does not end by itself and in time proves nothing. */
async function commandResult(
  request: CheckRequest,
  check: Extract<ResolvedCheck, { kind: 'command' }>,
): Promise<CheckResult> {
  const { name } = check;
  try {
    const result = await runToEnd(request, check);
    if (result.timedOut)
      return { name, verdict: 'inconclusive', message: `did not end within ${check.timeoutMs} ms` };
    return resultOfExit(name, result);
  } catch (error) {
    if (!hasCode(error, 'COMMAND_FAILED')) throw error;
    return { name, verdict: 'inconclusive', message: error.message };
  }
}

/** What it prints does not count, however much it is. */
async function runToEnd(
  { sandbox, systemName, signal }: CheckRequest,
  check: Extract<ResolvedCheck, { kind: 'command' }>,
): Promise<ProgramResult> {
  await using program = await startProgram(programOf(check.run), {
    folder: sandbox,
    timeoutMs: check.timeoutMs,
    environment: { ...withoutPasswords, LIFEBOAT_SANDBOX: sandbox, LIFEBOAT_SYSTEM: systemName },
    signal,
  });
  const output = program.stdout[Symbol.asyncIterator]();
  while (!(await output.next()).done);
  return await program.result;
}

function resultOfExit(name: string, { exitCode, signal, stderrTail }: ProgramResult): CheckResult {
  if (exitCode === 0) return { name, verdict: 'pass', actual: 'exit code 0' };
  const message = stderrTail.trim().slice(-complaintLengthMax);
  if (exitCode === undefined) return { name, verdict: 'inconclusive', actual: `ended by ${signal}`, message };
  // 126 and 127 are the shell's words for "cannot be run" and "not found"
  const verdict = exitCode === 126 || exitCode === 127 ? 'inconclusive' : 'fail';
  return { name, verdict, actual: `exit code ${exitCode}`, message };
}

function programOf(run: string | readonly string[]): Program {
  if (typeof run === 'string') return { kind: 'shell', script: run };
  const [file, ...rest] = run;
  assert(file !== undefined, 'a command has a program');
  return { kind: 'argv', file, arguments: rest };
}
