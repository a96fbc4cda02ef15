/** What the safe fixes of a plan's findings make of its files, worked out in memory: nothing is written here. */
import { type EditedPlan, editPlan } from '../../plan/edit-plan.ts';
import type { Finding } from '../../plan/finding.ts';
import { type ParsedPlan, parsePlan } from '../../plan/parse-plan.ts';
import type { PlanEdit } from '../../plan/plan-edit.ts';
import { formatPlanPath } from '../../plan/plan-path.ts';

export interface PlanFix {
  readonly files: readonly FixedFile[];
  /** Of the fixed plan. */
  readonly parsed: ParsedPlan;
  readonly findings: readonly Finding[];
  /** Findings of the plan as it was, or of a round in between, that are gone. */
  readonly corrected: readonly Finding[];
  /** Findings whose edits could not be made, with the reason. */
  readonly refused: readonly { readonly finding: Finding; readonly problem: string }[];
}

export interface FixedFile {
  /** As `ParsedPlan.files` names it. */
  readonly fileName: string;
  readonly before: string;
  readonly after: string;
}

/** One fix may call for another, such as a schedule that now needs a longer retention. */
const roundsMax = 5;

type Lint = (parsed: ParsedPlan) => readonly Finding[];

/** Fixes until nothing is left that can be. The result is a plan with no more errors of the parser than before. */
export function fixPlan(original: ParsedPlan, lint: Lint): PlanFix {
  const refused = new Map<string, { readonly finding: Finding; readonly problem: string }>();
  const tried = new Map<string, Finding>();
  let parsed = original;
  let findings = lint(parsed);
  for (let round = 0; round < roundsMax; round += 1) {
    const wanted = compatible(findings.filter((finding) => finding.edits && !refused.has(keyOf(finding))));
    const fixed = fixAll(parsed, wanted) ?? fixOneByOne(parsed, wanted, refused);
    if (fixed === parsed) break;
    for (const finding of wanted) tried.set(placeOf(finding), finding);
    parsed = fixed;
    findings = lint(parsed);
  }
  return {
    files: changedFiles(original, parsed),
    parsed,
    findings,
    corrected: goneOf(tried, [...findings, ...[...refused.values()].map(({ finding }) => finding)]),
    refused: [...refused.values()],
  };
}

/** What a rule still finds at the same place was not corrected, even if it says something else now. */
function goneOf(tried: ReadonlyMap<string, Finding>, left: readonly Finding[]): readonly Finding[] {
  const places = new Set(left.map(placeOf));
  return [...tried].flatMap(([place, finding]) => (places.has(place) ? [] : [finding]));
}

function placeOf({ id, path }: Finding): string {
  return JSON.stringify([id, path]);
}

function keyOf({ id, path, message }: Finding): string {
  return JSON.stringify([id, path, message]);
}

/** The first of those that change the same value: the others are looked at again when it is done. */
function compatible(findings: readonly Finding[]): readonly Finding[] {
  const claimed = new Set<string>();
  return findings.filter(({ edits = [] }) => {
    const places = edits.map(({ at }) => formatPlanPath(at));
    if (places.some((place) => claimed.has(place))) return false;
    for (const place of places) claimed.add(place);
    return true;
  });
}

/** Nothing when one of them cannot be made, or does harm: then it must be found out which. */
function fixAll(parsed: ParsedPlan, findings: readonly Finding[]): ParsedPlan | undefined {
  const result = withEdits(
    parsed,
    findings.flatMap(({ edits = [] }) => edits),
  );
  return 'problem' in result ? undefined : result.parsed;
}

function fixOneByOne(
  parsed: ParsedPlan,
  findings: readonly Finding[],
  refused: Map<string, { readonly finding: Finding; readonly problem: string }>,
): ParsedPlan {
  let current = parsed;
  for (const finding of findings) {
    const result = withEdits(current, finding.edits ?? []);
    if ('problem' in result) refused.set(keyOf(finding), { finding, problem: result.problem });
    else current = result.parsed;
  }
  return current;
}

type Edited = { readonly parsed: ParsedPlan } | { readonly problem: string };

/** The same plan when nothing changes. */
function withEdits(parsed: ParsedPlan, edits: readonly PlanEdit[]): Edited {
  const texts = new Map(parsed.files.map(({ fileName, text }) => [fileName, text]));
  const byFile = Map.groupBy(edits, ({ at }) => parsed.locate(at).file ?? parsed.fileName);
  for (const [fileName, ofFile] of byFile) {
    const result = editFile(parsed, texts.get(fileName) ?? '', ofFile);
    if ('problem' in result) return result;
    texts.set(fileName, result.text);
  }
  if (parsed.files.every(({ fileName, text }) => texts.get(fileName) === text)) return { parsed };
  const fixed = parsedAgain(parsed, texts);
  return fixed.draft === undefined || errorsOf(fixed) > errorsOf(parsed)
    ? { problem: 'the plan would have more errors than before' }
    : { parsed: fixed };
}

/** Lists at the top of a plan are joined of several files, so that a place in one is another in its file. */
function editFile({ files }: ParsedPlan, text: string, edits: readonly PlanEdit[]): EditedPlan {
  const isJoined = files.length > 1 && edits.some(({ at }) => at.length < 2 || typeof at[1] === 'number');
  return isJoined ? { problem: 'the list is made of several files' } : editPlan(text, edits);
}

function parsedAgain({ fileName }: ParsedPlan, texts: ReadonlyMap<string, string>): ParsedPlan {
  const files = new Map([...texts].filter(([name]) => name !== fileName));
  return parsePlan(texts.get(fileName) ?? '', fileName, { files });
}

function errorsOf({ findings }: ParsedPlan): number {
  return findings.filter(({ severity }) => severity === 'error').length;
}

function changedFiles(before: ParsedPlan, after: ParsedPlan): readonly FixedFile[] {
  const texts = new Map(after.files.map(({ fileName, text }) => [fileName, text]));
  return before.files.flatMap(({ fileName, text }) => {
    const changed = texts.get(fileName);
    return changed === undefined || changed === text ? [] : [{ fileName, before: text, after: changed }];
  });
}
