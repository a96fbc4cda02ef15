import { hideSecretArguments } from './command-secrets.ts';
import type { Finding, Severity } from './finding.ts';
import type { PlanFile } from './plan-file.ts';

/**
 * A finding for people: place, message, the line with a caret, what was expected and what to do. Lines are split
 * by `\n`, the last one without. Text that is or may be a secret is never printed. `fileName` and `text` are the
 * main file's; `files` are all of the plan, for findings that are in another one.
 */
export function formatFinding(
  finding: Finding,
  fileName: string,
  text: string,
  files: readonly PlanFile[] = [],
): string {
  const place = `${finding.file ?? fileName}:${finding.line}:${finding.column}`;
  const lines = [`${place}: ${severityWords[finding.severity]}: ${finding.message} [${finding.id}]`];
  const excerpt = excerptOf(finding, textOf(finding.file) ?? '');
  if (excerpt !== undefined) lines.push(...excerpt);
  if (finding.expected !== undefined) lines.push(`  expected: ${finding.expected}`);
  if (saysWhoOwes(finding)) lines.push(`  owed by: ${finding.owes}`);
  if (finding.suggestion !== undefined) lines.push(`  ${finding.suggestion}`);
  if (finding.related !== undefined) {
    const { file = fileName, line, column, message } = finding.related;
    lines.push(`  ${file}:${line}:${column}: ${message}`);
  }
  return lines.join('\n');

  function textOf(name: string | undefined): string | undefined {
    return name === undefined ? text : files.find((file) => file.fileName === name)?.text;
  }
}

/** Not where the advice names them already. */
export function saysWhoOwes({ owes, suggestion = '' }: Pick<Finding, 'owes' | 'suggestion'>): boolean {
  return owes !== undefined && !suggestion.includes(owes);
}

const severityWords: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};

const widthMax = 110;
const hidden = '••••••';

function excerptOf(finding: Finding, text: string): readonly string[] | undefined {
  const lines = text.split('\n', finding.line);
  const line = lines[finding.line - 1];
  if (line === undefined || line.trim() === '') return undefined;
  const before = lines.slice(0, -1).findLast((each) => each.trim() !== '') ?? '';
  const safe = withoutSecrets(line, before, finding);
  const { shown, column } = windowAround(expandTabs(safe), finding.column);
  const length = Math.max(1, Math.min(finding.length, shown.length - column + 1));
  const margin = `${finding.line}`.length;
  return [
    `  ${finding.line} | ${shown}`,
    `  ${' '.repeat(margin)} | ${' '.repeat(column - 1)}${'^'.repeat(length)}`,
  ];
}

const secretKey = /(?:pass|pasw|pwd|secret|token|credential|api[-_]?key|private[-_]?key|dead_man)/i;
const keyThenValue = /(["']?[\w-]*["']?\s*[:=]\s*)(\S.*)$/;
const wholeReference = /^["']?\$\{(?:env|file|command):[^}]*\}["']?\s*(?:#.*)?$/;

/**
 * One line of a plan without what is or may be a secret: behind a key that names one, below such a key, inside an
 * address or a command. `before` is the last line above it that is not empty.
 */
export function hideSecretsInLine(line: string, before: string): string {
  const belowKey = secretKey.test(before) && /[:=]\s*[|>]?[+-]?\s*$/.test(before);
  if (belowKey) return `${/^\s*/.exec(line)?.[0] ?? ''}${hidden}`;
  return hideSecretArguments(hideAfterSecretKey(line), hidden);
}

/** And where the finding says that there is one. */
function withoutSecrets(line: string, before: string, finding: Finding): string {
  const hiddenInside = hideSecretsInLine(line, before);
  if (finding.sensitive !== true) return hiddenInside;
  const head = hiddenInside.slice(0, finding.column - 1);
  const key = /^["']?[\w-]+["']?\s*:/.exec(line.slice(finding.column - 1))?.[0] ?? '';
  return `${head}${key}${key === '' ? '' : ' '}${hidden}`;
}

function hideAfterSecretKey(line: string): string {
  const keys = [...line.matchAll(/["']?([\w-]+)["']?\s*[:=]/g)];
  const secret = keys.find((match) => secretKey.test(match[1] ?? ''));
  if (secret === undefined) return line;
  const head = line.slice(0, secret.index);
  const rest = line.slice(secret.index);
  const value = keyThenValue.exec(rest)?.[2] ?? '';
  return wholeReference.test(value) ? line : head + rest.replace(keyThenValue, `$1${hidden}`);
}

/** A tab becomes one space, so that the caret stays below what it means. */
function expandTabs(line: string): string {
  return line.replaceAll('\t', ' ').replaceAll('\r', '');
}

/** Cuts a long line down to the part around the caret. */
function windowAround(line: string, column: number): { readonly shown: string; readonly column: number } {
  const inside = Math.max(1, Math.min(column, line.length + 1));
  if (line.length <= widthMax) return { shown: line, column: inside };
  const from = Math.max(0, Math.min(inside - 1 - Math.floor(widthMax / 2), line.length - widthMax));
  const cutLeft = from === 0 ? '' : '…';
  const cutRight = from + widthMax >= line.length ? '' : '…';
  return {
    shown: `${cutLeft}${line.slice(from, from + widthMax)}${cutRight}`,
    column: inside - from + cutLeft.length,
  };
}
