import { type Composed, type Composition, composePlan } from './compose/compose-plan.ts';
import type { IncludedTexts } from './compose/included-text.ts';
import { planSource } from './compose/plan-source.ts';
import { crossCheck } from './cross-check.ts';
import { declaredNames } from './declared-names.ts';
import type { TextFinding } from './finding.ts';
import {
  type Finding,
  hasErrors,
  type Locate,
  placeFinding,
  sortFindings,
  type UnplacedFinding,
} from './finding.ts';
import { gapsByAlias } from './gaps-by-alias.ts';
import { placeholderFinding } from './placeholder-finding.ts';
import type { PlanFile } from './plan-file.ts';
import { isWithin, type PlanPath, valueAt } from './plan-path.ts';
import { type Plan, planSchema } from './plan-schema.ts';
import { locateIn, placeTextFinding, withinAny } from './plan-text.ts';
import { type Draft, prunePlan } from './prune-plan.ts';
import { plainData, planBytesMax, readYaml } from './read-yaml.ts';
import { schemaFindings } from './schema-findings.ts';

export interface ParsedPlan {
  readonly fileName: string;
  readonly text: string;
  /** All files that were read, the main one first. */
  readonly files: readonly PlanFile[];
  /** There only when nothing forbids running: no error, no placeholder. */
  readonly plan?: Plan;
  /** What can be linted: the plan, or what is right of it. */
  readonly draft?: Draft;
  readonly findings: readonly Finding[];
  /** Places in the texts, for findings of the linter. */
  readonly locate: Locate;
  /** The profile that was applied. */
  readonly profile?: string;
  /** Plain data of all files, with the profile and the variables in it; there when the files could be read. */
  readonly composed?: unknown;
}

export interface ParseOptions {
  /** What became of reading the included files. */
  readonly files?: IncludedTexts;
  /** The profile to use; without one the plan is what stands in its files. */
  readonly profile?: string;
}

const findingsMax = 500;

/**
 * Reads a plan and reports everything that is wrong with it in one run. Never throws for anything that a file
 * can hold. Relative paths and secret references stay as they are written.
 */
export function parsePlan(text: string, fileName: string, options: ParseOptions = {}): ParsedPlan {
  if (Buffer.byteLength(text) > planBytesMax) return refused(text, fileName);
  const read = readYaml(text);
  const place = (finding: TextFinding): Finding => placeTextFinding(finding, read, text);
  const base = { fileName, text, files: [{ fileName, text }], locate: locateIn(read, text) };
  const data = read.problems.length > 0 ? undefined : plainData(read);
  if (data === undefined) return { ...base, findings: sortFindings(read.problems.map(place)) };
  if ('problem' in data) return { ...base, findings: [place(data.problem)] };
  const main = planSource({ fileName, text }, read, data.value, true);
  const composition = composePlan(main, options.files ?? new Map(), options.profile);
  const findings = [...wrongBytes(text).map(place), ...composition.findings];
  return understood(base, { ...composition, findings }, options.profile);
}

/** What reads the file puts this character where the bytes are no UTF-8; a name or path would be another. */
function wrongBytes(text: string): readonly TextFinding[] {
  const from = text.indexOf('\uFFFD');
  if (from === -1) return [];
  const message = 'what stands here is not UTF-8';
  const suggestion = 'save the file as UTF-8';
  return [{ id: 'not-utf8', severity: 'error', from, to: from + 1, message, suggestion }];
}

function understood(
  base: Omit<ParsedPlan, 'findings'>,
  { files, composed, findings, locate }: Composition,
  profile: string | undefined,
): ParsedPlan {
  if (composed === undefined) return { ...base, files, findings: sortFindings(findings) };
  return {
    ...base,
    files,
    locate,
    ...(profile === undefined ? {} : { profile }),
    composed: composed.value,
    ...judged(composed, findings, locate),
  };
}

function judged(
  composed: Composed,
  known: readonly Finding[],
  locate: Locate,
): Pick<ParsedPlan, 'plan' | 'draft' | 'findings'> {
  const { value, placeholders, unresolved } = composed;
  const gaps = [...placeholders, ...gapsByAlias(value, placeholders), ...unresolved];
  const result = planSchema.safeParse(value);
  const found = result.success ? [] : schemaFindings(result.error.issues, value);
  const meant = found.flatMap(meantPath).filter((path) => valueAt(value, path) === undefined);
  const isMeant = withinAny(meant);
  const issues = found.filter(({ id, at }) => id !== 'missing-key' || !isMeant(at));
  const isInGap = withinAny(gaps);
  const pruned =
    result.success && gaps.length === 0 ? { plan: result.data, removed: [] } : draftOf(value, gaps);
  const draft = pruned === undefined ? undefined : { ...pruned, removed: [...pruned.removed, ...meant] };
  const crossed = draft === undefined ? [] : crossCheck(draft.plan, declaredNames(value));
  const own = [
    ...issues,
    ...crossed.filter((finding) => placesOf(finding).every((at) => isOwnFault(at, draft))),
  ]
    .filter((finding) => !isInGap(finding.at))
    .map((finding) => withVariable(finding, composed))
    .concat(placeholders.slice(0, findingsMax).map((path) => placeholderFinding(path, value, isInGap)));
  const findings = sortFindings([
    ...known.toSorted(errorsFirst).slice(0, findingsMax),
    ...own.slice(0, findingsMax).map((each) => placeFinding(each, locate)),
  ]);
  if (draft === undefined) return { findings };
  const faults = crossed.filter(({ severity }) => severity === 'error');
  const faulty = { ...draft, removed: [...draft.removed, ...faults.map((finding) => finding.at)] };
  return hasErrors(findings) ? { draft: faulty, findings } : { draft, plan: draft.plan, findings };
}

/** The field that a misspelt key stands for: that it is missing follows from that. */
function meantPath({ id, at, suggestion = '' }: UnplacedFinding): readonly PlanPath[] {
  const near = id === 'unknown-key' ? /^did you mean "(.+)"\?$/.exec(suggestion)?.[1] : undefined;
  return near === undefined ? [] : [[...at.slice(0, -1), near]];
}

/** A plan with more gaps than this is not worth linting. */
const gapsMax = 2_000;

function draftOf(value: unknown, gaps: readonly PlanPath[]): Draft | undefined {
  return gaps.length > gapsMax ? undefined : prunePlan(value, gaps);
}

function errorsFirst(left: Finding, right: Finding): number {
  return Number(right.severity === 'error') - Number(left.severity === 'error');
}

/** A value that came from a variable is wrong where it is used, and made where the variable is. */
function withVariable(finding: UnplacedFinding, composed: Composed): UnplacedFinding {
  const name = finding.relatedAt === undefined ? composed.variableAt(finding.at) : undefined;
  if (name === undefined) return finding;
  return { ...finding, relatedAt: { at: ['variables', name], message: 'its value comes from here' } };
}

/** What is unsuitable for a source is also about the source, and the name of a line about all lines. */
function placesOf({ id, at }: UnplacedFinding): readonly PlanPath[] {
  if (at.at(-1) === 'alternative_to') return [at.slice(0, -2)];
  return id.endsWith('-unsuitable') ? [at, [...at.slice(0, 2), 'source']] : [at];
}

/** Whether a finding is more than the echo of something that was taken out of the draft. */
function isOwnFault(at: PlanPath, draft: Draft | undefined): boolean {
  return !(draft?.removed ?? []).some(
    (path) => path.length > 0 && (isWithin(path, at) || isWithin(at, path)),
  );
}

function refused(text: string, fileName: string): ParsedPlan {
  const mebibytes = (Buffer.byteLength(text) / 2 ** 20).toFixed(1);
  const position = { line: 1, column: 1, length: 1 };
  const finding: Finding = {
    id: 'too-large',
    severity: 'error',
    path: '',
    ...position,
    message: `the file has ${mebibytes} MiB, more than a plan may have`,
    expected: 'at most 2 MiB',
    suggestion: 'check that this is the plan; data belongs into files that the plan names',
  };
  return { fileName, text, files: [{ fileName, text }], findings: [finding], locate: () => position };
}
