/** Findings for people: the worst first, inside of that by place; what arises many times is explained once. */
import type { Finding, Severity } from '../../plan/finding.ts';
import { formatFinding, saysWhoOwes } from '../../plan/format-finding.ts';
import { notExecuted } from '../../plan/lint/not-executed.ts';
import { findRules, numbersOf } from '../../plan/lint/rules.ts';
import type { ParsedPlan } from '../../plan/parse-plan.ts';
import { plural } from '../quantity-text.ts';
import type { Style } from '../style.ts';

/** More hits of one rule than this stand together under one heading. */
const alikeMax = 5;

interface Look {
  readonly sign: string;
  readonly noun: string;
  readonly word: string;
  readonly colour: keyof Style;
}

/** Worst first. Sign and word say what the colour says. */
const looks: Readonly<Record<Severity, Look>> = {
  error: { sign: '✗', noun: 'error', word: 'error', colour: 'red' },
  warning: { sign: '!', noun: 'warning', word: 'warning', colour: 'yellow' },
  info: { sign: 'i', noun: 'note', word: 'note', colour: 'dim' },
};

/** Of fields that are declared and not executed, as many are named where they stand in one note. */
const fieldsNamedMax = 8;

/**
 * Paragraphs, with an empty line between them when they are printed. `allNotes` tells each field that is not yet
 * executed by itself; else they are one note.
 */
export function findingTexts(
  findings: readonly Finding[],
  parsed: ParsedPlan,
  style: Style,
  allNotes: boolean,
): readonly string[] {
  const severities: readonly Severity[] = ['error', 'warning', 'info'];
  return severities.flatMap((severity) => {
    const ofSeverity = findings.filter((finding) => finding.severity === severity);
    if (ofSeverity.length === 0) return [];
    const look = looks[severity];
    const heading = style.bold(style[look.colour](`${look.sign} ${plural(ofSeverity.length, look.noun)}`));
    const texts =
      severity === 'info'
        ? noteTexts(ofSeverity, parsed, style, allNotes)
        : groupTexts(ofSeverity, parsed, style);
    return [heading, ...texts];
  });
}

/** What is not backed up at all comes first; fields that wait for a later version come last, as one note. */
function noteTexts(
  notes: readonly Finding[],
  parsed: ParsedPlan,
  style: Style,
  allNotes: boolean,
): readonly string[] {
  const gaps = notes.filter(isGap);
  const fields = notes.flatMap(({ declares }) => (declares === undefined ? [] : [declares]));
  const isFolded = !allNotes && fields.length > 1;
  const others = notes.filter((note) => !(isGap(note) || (isFolded && note.declares !== undefined)));
  const first = gaps.flatMap((gap) => shortLines(gap, parsed.fileName)).join('\n');
  return [
    ...(first === '' ? [] : [first]),
    ...groupTexts(others, parsed, style),
    ...(isFolded ? [foldedText(fields)] : []),
  ];
}

function isGap({ id, severity, declares }: Finding): boolean {
  return id === notExecuted.id && severity === 'info' && declares === undefined;
}

/** Whole blocks are named before fields of something. */
function foldedText(fields: readonly string[]): string {
  const depth = (kind: string) => kind.split('.').length;
  const kinds = [...new Set(fields)].toSorted((left, right) => depth(left) - depth(right));
  const named = [...kinds.slice(0, fieldsNamedMax), ...(kinds.length > fieldsNamedMax ? ['…'] : [])];
  return `  ${fields.length} fields are declared, not yet executed: ${named.join(', ')} (\`lifeboat lint --notes\` lists them)`;
}

/** `2 errors, 1 warning, 4 notes`. */
export function countsText(findings: readonly Finding[]): string {
  const counts = Object.entries(looks).map(([severity, { noun }]) =>
    plural(findings.filter((finding) => finding.severity === severity).length, noun),
  );
  return counts.join(', ');
}

function groupTexts(findings: readonly Finding[], parsed: ParsedPlan, style: Style): readonly string[] {
  const groups = Map.groupBy(findings, ({ id }) => id);
  // a group stands where its first finding stands
  return findings.flatMap((finding) => {
    const alike = groups.get(finding.id) ?? [];
    if (alike.length <= alikeMax) return [formatFinding(finding, parsed.fileName, parsed.text, parsed.files)];
    return alike[0] === finding ? [alikeText(alike, parsed, style)] : [];
  });
}

function alikeText(alike: readonly Finding[], { fileName }: ParsedPlan, style: Style): string {
  const id = alike[0]?.id ?? '';
  const rule = findRules(id).find((candidate) => candidate.id === id);
  const numbers = rule === undefined ? [] : numbersOf(rule);
  const number = numbers.length === 0 ? '' : ` (${numbers.join(', ')})`;
  const title = rule === undefined ? '' : `: ${rule.title}`;
  const heading = style.bold(`${alike.length} × ${id}${number}${title}`);
  const explanation = rule === undefined ? [] : [`  ${rule.explanation}`, `  Fix: ${rule.fix}`];
  return [heading, ...explanation, ...alike.flatMap((finding) => shortLines(finding, fileName))].join('\n');
}

/** Without the line of the plan: where many are alike, their places and what differs are enough. */
function shortLines(finding: Finding, fileName: string): readonly string[] {
  const { line, column, severity, message, expected, owes, suggestion, related } = finding;
  const lines = [`  ${finding.file ?? fileName}:${line}:${column}: ${looks[severity].word}: ${message}`];
  if (expected !== undefined) lines.push(`    expected: ${expected}`);
  if (saysWhoOwes(finding)) lines.push(`    owed by: ${owes}`);
  if (suggestion !== undefined) lines.push(`    ${suggestion}`);
  if (related !== undefined)
    lines.push(`    ${related.file ?? fileName}:${related.line}:${related.column}: ${related.message}`);
  return lines;
}
