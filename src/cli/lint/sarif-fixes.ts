/** Safe fixes as replacements of text. [3.55 to 3.57 of SARIF 2.1.0] */
import { planEditSplicer } from '../../plan/edit-plan.ts';
import type { Splice } from '../../plan/edit-plan-splice.ts';
import type { Finding } from '../../plan/finding.ts';
import type { ParsedPlan } from '../../plan/parse-plan.ts';
import type { PlanEdit } from '../../plan/plan-edit.ts';

export interface SarifFix {
  readonly description: { readonly text: string };
  readonly artifactChanges: readonly SarifChange[];
}

interface SarifChange {
  readonly artifactLocation: { readonly uri: string };
  readonly replacements: readonly SarifReplacement[];
}

interface SarifReplacement {
  readonly deletedRegion: Readonly<Record<'startLine' | 'startColumn' | 'endLine' | 'endColumn', number>>;
  readonly insertedContent: { readonly text: string };
}

/** Nothing for findings without edits, and where an edit is more than a change of one stretch of text. */
export function sarifFixer(
  parsed: ParsedPlan,
  uriOf: (file: string | undefined) => string,
): (finding: Finding) => SarifFix | undefined {
  const files = new Map(parsed.files.map(({ fileName, text }) => [fileName, text]));
  const splicers = new Map<string, Splicer>();
  return ({ edits = [] }) => {
    const changes = edits.map((edit) => changeOf(edit));
    const complete = changes.filter((change) => change !== undefined);
    if (complete.length === 0 || complete.length < changes.length) return undefined;
    return {
      description: { text: 'What `lifeboat lint --fix` writes.' },
      artifactChanges: complete,
    };
  };

  function changeOf(edit: PlanEdit): SarifChange | undefined {
    const { file } = parsed.locate(edit.at);
    const name = file ?? parsed.fileName;
    const splicer = splicers.get(name) ?? makeSplicer(files.get(name) ?? '');
    splicers.set(name, splicer);
    const splice = splicer.splice(edit);
    if (splice === undefined) return undefined;
    return {
      artifactLocation: { uri: uriOf(file) },
      replacements: [replacementOf(splice, splicer.lineStarts)],
    };
  }
}

interface Splicer {
  readonly splice: (edit: PlanEdit) => Splice | undefined;
  readonly lineStarts: readonly number[];
}

function makeSplicer(text: string): Splicer {
  const newlines = [...text.matchAll(/\n/g)].map(({ index }) => index + 1);
  return { splice: planEditSplicer(text), lineStarts: [0, ...newlines] };
}

function replacementOf({ from, to, text }: Splice, lineStarts: readonly number[]): SarifReplacement {
  const [start, end] = [positionOf(from, lineStarts), positionOf(to, lineStarts)];
  return {
    deletedRegion: {
      startLine: start.line,
      startColumn: start.column,
      endLine: end.line,
      endColumn: end.column,
    },
    insertedContent: { text },
  };
}

function positionOf(offset: number, lineStarts: readonly number[]) {
  let [low, high] = [0, lineStarts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (lineStarts[low] ?? 0) + 1 };
}
