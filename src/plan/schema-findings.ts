/** From zod's issues to findings in words. Values are never repeated, because any of them may be a secret. */
import type * as z from 'zod';
import type { UnplacedFinding } from './finding.ts';
import { nearestName } from './nearest-name.ts';
import { type PlanPath, valueAt } from './plan-path.ts';

type Issue = z.core.$ZodIssue;

export function schemaFindings(issues: readonly Issue[], root: unknown): readonly UnplacedFinding[] {
  return issues.slice(0, issuesMax).flatMap((issue) => findingsOf(issue, [], root));
}

/** Nobody reads more, and each one is compared with many names. */
const issuesMax = 500;

function findingsOf(issue: Issue, around: PlanPath, root: unknown): readonly UnplacedFinding[] {
  const at = [...around, ...issue.path.filter((part) => typeof part !== 'symbol')];
  const value = valueAt(root, at);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys
        .slice(0, issuesMax)
        .map((key) => unknownKey(key, issue.message.split(','), at, value));
    case 'invalid_union':
      return unionFindings(issue, at, root, value);
    case 'invalid_type':
      return [wrongType(at, value, expectedOf(issue))];
    case 'invalid_value':
      return [notAmong(at, value, issue.values.map(String))];
    case 'invalid_key':
      return [wrongName(at)];
    case 'custom':
      return [customFinding(issue, at)];
    default:
      return [{ id: 'wrong-value', severity: 'error', at, ...limitWords(issue) }];
  }
}

const noMerge =
  'YAML 1.2 has no merge keys: write the fields out, or let a tier, a data class or the plan say what many share';

function unknownKey(
  key: string,
  known: readonly string[],
  around: PlanPath,
  value: unknown,
): UnplacedFinding {
  const free = known.filter((name) => valueAt(value, [name]) === undefined);
  const near = nearestName(key, free) ?? nearestName(key, known);
  return {
    id: 'unknown-key',
    severity: 'error',
    at: [...around, key],
    onKey: true,
    message: `unknown key "${key.slice(0, 60)}"`,
    expected: `one of ${known.join(', ')}`,
    ...(key === '<<'
      ? { suggestion: noMerge }
      : near === undefined
        ? {}
        : { suggestion: `did you mean "${near}"?` }),
    ...(near === 'password' ? { sensitive: true } : {}),
  };
}

/** Of a union, the branch that fits the outer type tells most; without one, the union's own words. */
function unionFindings(
  issue: z.core.$ZodIssueInvalidUnion,
  at: PlanPath,
  root: unknown,
  value: unknown,
): readonly UnplacedFinding[] {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : undefined;
  if (options !== undefined && issue.errors.length === 0) return [notAmong(at, value, options)];
  const branches = issue.errors.filter((branch) => !branch.some(isOuterMismatch));
  const best = branches.toSorted((left, right) => left.length - right.length)[0];
  const word =
    typeof value === 'string'
      ? issue.errors.flat().find((inner) => inner.code === 'invalid_value')
      : undefined;
  if (best === undefined && word !== undefined)
    return findingsOf(word, at, root).map((finding) => withMapForm(finding, issue, value));
  if (best === undefined) return [wrongType(at, value, issue.message.replace(/^expected /, ''))];
  return best.flatMap((inner) => findingsOf(inner, at, root));
}

/** Where a word is short for a map, other maps have no word. */
function withMapForm(
  finding: UnplacedFinding,
  { message, errors }: z.core.$ZodIssueInvalidUnion,
  value: unknown,
): UnplacedFinding {
  const hasMap = errors.flat().some((inner) => inner.code === 'invalid_type' && inner.expected === 'object');
  if (!hasMap || message !== 'expected a check' || finding.suggestion !== undefined) return finding;
  const kind = typeof value === 'string' && mapChecks.includes(value) ? value : 'row_counts';
  return { ...finding, suggestion: `write { kind: ${kind}, … } for a check that no word is for` };
}

/** Kinds of checks that need words of their own. */
const mapChecks: readonly string[] = [
  'sql',
  'command',
  'row_counts',
  'object_count',
  'compare',
  'sample',
  'http',
  'consistency',
];

function isOuterMismatch(issue: Issue): boolean {
  return issue.path.length === 0 && ['invalid_type', 'invalid_value', 'invalid_format'].includes(issue.code);
}

/** A field may say itself what it expects, in the message of its schema. */
function expectedOf(issue: z.core.$ZodIssueInvalidType): string {
  if (issue.message.startsWith('expected ')) return issue.message.slice('expected '.length);
  return expectedWords[issue.expected] ?? issue.expected;
}

function wrongType(at: PlanPath, value: unknown, expected: string): UnplacedFinding {
  const last = at.at(-1);
  if (value === undefined) {
    const message = typeof last === 'string' ? `the key "${last}" is missing` : 'a value is missing';
    return { id: 'missing-key', severity: 'error', at, message, expected };
  }
  const wantsList = expected === expectedWords['array'] && typeof value === 'string';
  const wantsText = expected === expectedWords['string'] && typeof value !== 'object';
  const wantsUnit = typeof value === 'number' && /such as \d+ \w/.test(expected);
  return {
    id: 'wrong-type',
    severity: 'error',
    at,
    message: `this is ${typeInWords(value)}`,
    expected,
    ...(wantsList ? { suggestion: 'put it into square brackets, or on a line of its own after "- "' } : {}),
    ...(wantsText ? { suggestion: 'put it into quotes' } : {}),
    ...(wantsUnit ? { suggestion: 'write the unit after the number' } : {}),
  };
}

function notAmong(at: PlanPath, value: unknown, options: readonly string[]): UnplacedFinding {
  const expected = options.length === 1 ? `${options[0]}` : `one of ${options.join(', ')}`;
  if (value === undefined || (typeof value !== 'string' && typeof value !== 'number'))
    return wrongType(at, value, expected);
  const near = typeof value === 'string' ? nearestName(value, options) : undefined;
  const suggestion = near === undefined ? {} : { suggestion: `did you mean "${near}"?` };
  return {
    id: 'wrong-value',
    severity: 'error',
    at,
    message: 'not a value that is known here',
    expected,
    ...suggestion,
  };
}

function wrongName(at: PlanPath): UnplacedFinding {
  return {
    id: 'wrong-name',
    severity: 'error',
    at,
    onKey: true,
    message: 'this name cannot be used',
    expected: 'letters, digits, "-" and "_", at most 64, beginning with a letter or digit',
  };
}

function customFinding(issue: z.core.$ZodIssueCustom, at: PlanPath): UnplacedFinding {
  const { id, expected, suggestion, sensitive } = issue.params ?? {};
  return {
    id: typeof id === 'string' ? id : 'wrong-value',
    severity: 'error',
    at,
    message: issue.message,
    ...(typeof expected === 'string' ? { expected } : {}),
    ...(typeof suggestion === 'string' ? { suggestion } : {}),
    ...(sensitive === true ? { sensitive: true } : {}),
  };
}

function limitWords(issue: Issue): { readonly message: string; readonly expected?: string } {
  if (issue.code === 'too_small' && issue.origin === 'array')
    return { message: 'the list is empty', expected: 'at least one entry' };
  if (issue.code === 'too_small') return { message: 'too small', expected: `at least ${issue.minimum}` };
  if (issue.code === 'too_big')
    return {
      message: issue.origin === 'string' ? 'too long' : 'too large',
      expected: `at most ${issue.maximum}`,
    };
  if (issue.code === 'invalid_format')
    return { message: 'not in the form that is needed', expected: formWords(issue) };
  return { message: 'cannot be used here' };
}

function formWords(issue: z.core.$ZodIssueInvalidStringFormat): string {
  if (issue.format === 'uuid') return 'a UUID such as 5f0c8a52-7f0e-4a39-9a51-0e6a3c6f1d11';
  return formsByPattern[issue.pattern ?? ''] ?? 'letters, digits, "-" and "_", at most 64';
}

const formsByPattern: Readonly<Record<string, string>> = {
  '/^\\d+(\\.\\d+)?\\s*%$/': 'a number such as 5, or a percentage such as "1%"',
  '/^[A-Za-z_][A-Za-z0-9_]*$/': 'the name of an environment variable',
  '/^[A-Za-z_][A-Za-z0-9_]{0,62}$/': 'the name of a table: letters, digits and "_"',
  '/^[^/\\0]{1,200}$/': 'a file name without "/"',
};

const expectedWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of names and values',
};

function typeInWords(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'text';
  return typeof value === 'boolean' ? 'true or false' : 'a number';
}
