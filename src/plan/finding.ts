import type { PlanEdit } from './plan-edit.ts';
import type { PlanPath } from './plan-path.ts';
import { formatPlanPath } from './plan-path.ts';

export type Severity = 'error' | 'warning' | 'info';

/** One thing to know about a plan, with its place. Lines and columns count from 1; columns are UTF-16 units. */
export interface Finding {
  /** Stable, in kebab-case: of the parser (`unknown-key`) or of a rule of the linter (`rpo-schedule`). */
  readonly id: string;
  /** An error forbids running the plan. */
  readonly severity: Severity;
  /** `systems.orders-db.checks[0].expect`; empty for the file as a whole. */
  readonly path: string;
  /** Which file of the plan, as `ParsedPlan.files` names it; absent for the main one. */
  readonly file?: string;
  readonly line: number;
  readonly column: number;
  /** Characters to underline, at least 1. */
  readonly length: number;
  /** Lower-case, without full stop; never holds a secret. */
  readonly message: string;
  readonly expected?: string;
  /** What to do or write instead. */
  readonly suggestion?: string;
  /** Who owes the value, for placeholders. */
  readonly owes?: string;
  /** A second place that the finding is about. */
  readonly related?: RelatedPlace;
  /** The kind of field that a note calls declared and not yet executed, such as `systems.logs`. */
  readonly declares?: string;
  /** True when the place may hold a secret, so that its text must not be printed. */
  readonly sensitive?: true;
  /** Changes of the plan that end the finding and are safe: they weaken no promise and hold no secret. */
  readonly edits?: readonly PlanEdit[];
}

export interface RelatedPlace {
  /** Absent for the main file. */
  readonly file?: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A finding before its place in the file is known. */
export interface UnplacedFinding
  extends Omit<Finding, 'path' | 'file' | 'line' | 'column' | 'length' | 'related'> {
  readonly at: PlanPath;
  /** Underline the key rather than the value. */
  readonly onKey?: boolean;
  readonly relatedAt?: { readonly at: PlanPath; readonly message: string };
}

/** A finding whose place is an offset into the text, because there is no value at it. */
export interface TextFinding extends Omit<UnplacedFinding, 'at' | 'relatedAt' | 'onKey'> {
  readonly from: number;
  readonly to: number;
  readonly relatedFrom?: { readonly from: number; readonly message: string };
}

export interface TextPosition {
  /** Absent for the main file. */
  readonly file?: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** Finds the place of a value (or of its key) in the text; of the nearest value around it when it is absent. */
export type Locate = (path: PlanPath, onKey?: boolean) => TextPosition;

export function placeFinding(finding: UnplacedFinding, locate: Locate): Finding {
  const { at, onKey, relatedAt, ...rest } = finding;
  const placed = { ...rest, path: formatPlanPath(at), ...locate(at, onKey) };
  if (relatedAt === undefined) return placed;
  const { length: _length, ...place } = locate(relatedAt.at, true);
  return { ...placed, related: { ...place, message: relatedAt.message } };
}

/** The main file first, then by place in the file, errors before warnings at the same place. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted(
    (left, right) =>
      byText(left.file ?? '', right.file ?? '') ||
      left.line - right.line ||
      left.column - right.column ||
      severityRank[left.severity] - severityRank[right.severity],
  );
}

function byText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

const severityRank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}
