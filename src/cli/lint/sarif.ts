/**
 * Findings as SARIF 2.1.0, which code hosts show at the lines that they are about. Sections in brackets are those of
 * the OASIS standard of 27 March 2020.
 */
import { createHash } from 'node:crypto';
import { posix, relative, resolve } from 'node:path';
import type { Finding, Severity } from '../../plan/finding.ts';
import { saysWhoOwes } from '../../plan/format-finding.ts';
import { lintRules, numbersOf } from '../../plan/lint/rules.ts';
import type { ParsedPlan } from '../../plan/parse-plan.ts';
import { type SarifFix, sarifFixer } from './sarif-fixes.ts';

export interface SarifRequest {
  readonly parsed: ParsedPlan;
  readonly findings: readonly Finding[];
  readonly programVersion: string;
  /** Absolute: addresses of files are relative to it. */
  readonly folder: string;
}

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};

/** The whole log, ready for JSON. */
export function sarifLog(request: SarifRequest) {
  const rules = rulesOf(request.findings);
  const indexes = new Map(rules.map(({ id }, index) => [id, index]));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Lifeboat',
            version: request.programVersion,
            semanticVersion: request.programVersion,
            rules,
          },
        },
        columnKind: 'utf16CodeUnits',
        results: resultsOf(request, indexes),
      },
    ],
  };
}

/** All rules of the linter, and those of the parser that found something. [3.49] */
function rulesOf(findings: readonly Finding[]) {
  const known = new Set(lintRules.map(({ id }) => id));
  const parsers = [...new Set(findings.map(({ id }) => id))].filter((id) => !known.has(id)).toSorted();
  return [...lintRules.map(lintDescriptor), ...parsers.map(parserDescriptor)];
}

function lintDescriptor(rule: (typeof lintRules)[number]) {
  return {
    id: rule.id,
    name: pascalCase(rule.id),
    shortDescription: { text: sentence(rule.title) },
    fullDescription: { text: rule.explanation },
    help: { text: rule.fix },
    defaultConfiguration: { level: levels[rule.severity] },
    ...(numbersOf(rule).length === 0 ? {} : { properties: { tags: numbersOf(rule) } }),
  };
}

function parserDescriptor(id: string) {
  return {
    id,
    name: pascalCase(id),
    shortDescription: { text: sentence(`the plan cannot be understood: ${id.replaceAll('-', ' ')}`) },
    fullDescription: {
      text: 'The text of the plan is not right at this place, so its meaning is not known.',
    },
    help: { text: 'Correct the text; docs/reference/plan.md names every field.' },
    defaultConfiguration: { level: levels.error },
  };
}

function resultsOf({ parsed, findings, folder }: SarifRequest, indexes: ReadonlyMap<string, number>) {
  const uriOf = (file: string | undefined) => relativeUri(folder, resolve(folder, file ?? parsed.fileName));
  const fixesOf = sarifFixer(parsed, uriOf);
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const uri = uriOf(finding.file);
    const identity = JSON.stringify([finding.id, uri, finding.path]);
    const count = seen.get(identity) ?? 0;
    seen.set(identity, count + 1);
    return {
      ruleId: finding.id,
      ruleIndex: indexes.get(finding.id) ?? -1,
      level: levels[finding.severity],
      message: { text: messageOf(finding) },
      locations: [{ physicalLocation: physicalLocation(uri, finding) }],
      ...relatedOf(finding, uriOf),
      // neither lines nor measured figures are in it, so that it stays when they change [3.27.17]
      partialFingerprints: { 'lifeboatPlace/v1': fingerprint(`${identity}#${count}`) },
      ...fixesIn(fixesOf(finding)),
    };
  });
}

function messageOf(finding: Finding): string {
  const { message, expected, owes, suggestion } = finding;
  const parts = [
    message,
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...(saysWhoOwes(finding) ? [`owed by: ${owes}`] : []),
    ...(suggestion === undefined ? [] : [suggestion]),
  ];
  return parts.map(sentence).join(' ');
}

function relatedOf({ related }: Finding, uriOf: (file: string | undefined) => string) {
  if (related === undefined) return {};
  const { line, column, message } = related;
  const physical = physicalLocation(uriOf(related.file), { line, column });
  return { relatedLocations: [{ id: 1, physicalLocation: physical, message: { text: sentence(message) } }] };
}

interface Place {
  readonly line: number;
  readonly column: number;
  readonly length?: number;
}

/** The end is the column behind the last character. [3.30.8] */
function physicalLocation(uri: string, { line, column, length }: Place) {
  const end = length === undefined ? {} : { endColumn: column + length };
  return { artifactLocation: { uri }, region: { startLine: line, startColumn: column, ...end } };
}

function fixesIn(fix: SarifFix | undefined) {
  return fix === undefined ? {} : { fixes: [fix] };
}

/** Each name escaped, so that a colon or a space in it is no part of the address. */
function relativeUri(folder: string, path: string): string {
  return posix.join(...relative(folder, path).split(/[\\/]/).map(encodeURIComponent));
}

function fingerprint(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 32);
}

function pascalCase(id: string): string {
  return id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function sentence(words: string): string {
  const capital = words.slice(0, 1).toUpperCase() + words.slice(1);
  return /[.?!]$/.test(capital) ? capital : `${capital}.`;
}
