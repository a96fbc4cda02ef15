/** Puts the values of variables where `${var:NAME}` stands. */
import type { UnplacedFinding } from '../finding.ts';
import { nearestName } from '../nearest-name.ts';
import { isPlaceholder } from '../placeholder.ts';
import type { PlanPath } from '../plan-path.ts';
import { planBytesMax } from '../read-yaml.ts';
import { isPlainMap, memberOf, type PlainMap } from './plan-source.ts';

export interface Substituted {
  readonly value: PlainMap;
  readonly findings: readonly UnplacedFinding[];
  /** Where a reference could not be replaced; what is wrong there is an echo. */
  readonly unresolved: readonly PlanPath[];
  /** By path as JSON: which variable the value comes from. */
  readonly uses: ReadonlyMap<string, string>;
}

type Scalar = string | number | boolean;

/**
 * Of values only, never of keys. A text that is nothing but one reference gets the variable's type. What
 * shells write in the same way, such as `${var:-default}` and `${var:0:3}`, is no reference.
 */
const referencePattern = /\$\{var:[ \t]*([A-Za-z_][\w.-]*)[ \t]*\}/g;
const wholeReference = /^\$\{var:[ \t]*([A-Za-z_][\w.-]*)[ \t]*\}$/;

/** What is about the making of the plan, and itself never replaced. */
const aboutComposition: ReadonlySet<string> = new Set(['include', 'variables', 'profiles']);

const findingsMax = 500;

/** `before` is the plan without its profile: what it refers to counts as used. */
export function substitute(plan: PlainMap, before: PlainMap): Substituted {
  const variables = scalarsOf(memberOf(plan, 'variables'));
  const findings: UnplacedFinding[] = [];
  const unresolved: PlanPath[] = [];
  const uses = new Map<string, string>();
  let charactersLeft = planBytesMax;
  const entries = Object.entries(plan).map(([key, value]) => {
    if (aboutComposition.has(key)) return [key, value] as const;
    return [key, replaced(value, [key])] as const;
  });
  if (charactersLeft < 0) findings.unshift(tooMuch);
  const own = [...unusableNames(variables), ...nestedReferences(variables), ...unusedVariables(plan, before)];
  return { value: Object.fromEntries(entries), findings: [...findings, ...own], unresolved, uses };

  function replaced(value: unknown, path: PlanPath): unknown {
    if (typeof value === 'string') return value.includes('${var:') ? replacedText(value, path) : value;
    if (Array.isArray(value)) return value.map((item, index) => replaced(item, [...path, index]));
    if (!isPlainMap(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, replaced(inner, [...path, key])]),
    );
  }

  function replacedText(text: string, path: PlanPath): unknown {
    const whole = wholeReference.exec(text)?.[1];
    if (whole !== undefined) return replacementOf(whole, path) ?? text;
    return text.replace(referencePattern, (reference, name: string) => {
      const value = replacementOf(name, path);
      return value === undefined ? reference : String(value);
    });
  }

  function replacementOf(name: string, path: PlanPath): Scalar | undefined {
    const value = variables.get(name);
    if (value === undefined) {
      if (!Object.hasOwn(variablesOf(plan), name) && findings.length < findingsMax)
        findings.push(unknownVariable(name, path, [...variables.keys()]));
    } else charactersLeft -= String(value).length;
    if (value === undefined || charactersLeft < 0 || isUnfit(value)) {
      unresolved.push(path);
      return undefined;
    }
    uses.set(JSON.stringify(path), name);
    return value;
  }
}

/** A gap, or a reference itself: reported where the variable is. */
function isUnfit(value: Scalar): boolean {
  return typeof value === 'string' && (isPlaceholder(value) || namesIn(value).length > 0);
}

function variablesOf(plan: PlainMap): PlainMap {
  const variables = memberOf(plan, 'variables');
  return isPlainMap(variables) ? variables : {};
}

/** Of a value of another type the schema tells. */
function scalarsOf(variables: unknown): ReadonlyMap<string, Scalar> {
  const entries = isPlainMap(variables) ? Object.entries(variables) : [];
  return new Map(entries.flatMap(([name, value]) => (isScalarValue(value) ? [[name, value] as const] : [])));
}

function isScalarValue(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function namesIn(text: string): readonly string[] {
  if (!text.includes('${var:')) return [];
  return [...text.matchAll(referencePattern)].map((match) => match[1] ?? '');
}

function unknownVariable(name: string, at: PlanPath, known: readonly string[]): UnplacedFinding {
  const near = nearestName(name, known);
  return {
    id: 'unknown-variable',
    severity: 'error',
    at,
    message: `there is no variable "${name.slice(0, 60)}"`,
    expected: known.length === 0 ? 'a name of "variables"' : `one of ${known.slice(0, 50).join(', ')}`,
    suggestion:
      near === undefined ? 'add it to "variables" at the top of the plan' : `did you mean "${near}"?`,
  };
}

function nestedReferences(variables: ReadonlyMap<string, Scalar>): readonly UnplacedFinding[] {
  return [...variables]
    .filter(([, value]) => typeof value === 'string' && namesIn(value).length > 0)
    .map(([name]) => ({
      id: 'nested-variable',
      severity: 'error',
      at: ['variables', name],
      message: 'a variable cannot refer to a variable',
      suggestion: 'write the value out',
    }));
}

/** `${var:0}` belongs to the shell, so such a variable could never be used. */
function unusableNames(variables: ReadonlyMap<string, Scalar>): readonly UnplacedFinding[] {
  return [...variables.keys()]
    .filter((name) => /^[\d-]/.test(name))
    .map((name) => ({
      id: 'wrong-name',
      severity: 'error',
      at: ['variables', name],
      onKey: true,
      message: 'this name cannot be used for a variable',
      expected: 'letters, digits, "-" and "_", beginning with a letter',
    }));
}

function unusedVariables(plan: PlainMap, before: PlainMap): readonly UnplacedFinding[] {
  const names = Object.keys(variablesOf(plan));
  if (names.length === 0) return [];
  const used = new Set<string>();
  for (const root of [plan, before]) {
    for (const [key, value] of Object.entries(root)) if (key !== 'variables') collectNames(value, used);
  }
  return names
    .filter((name) => !used.has(name) && !/^[\d-]/.test(name))
    .slice(0, findingsMax)
    .map((name) => ({
      id: 'unused-variable',
      severity: 'info',
      at: ['variables', name],
      onKey: true,
      message: `nothing refers to the variable "${name.slice(0, 60)}"`,
      suggestion: 'remove it, or write ${var:NAME} where its value belongs',
    }));
}

function collectNames(value: unknown, used: Set<string>): void {
  if (typeof value === 'string') for (const name of namesIn(value)) used.add(name);
  if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) collectNames(inner, used);
}

const tooMuch: UnplacedFinding = {
  id: 'too-large',
  severity: 'error',
  at: ['variables'],
  onKey: true,
  message: 'with its variables filled in the plan is too large',
  expected: 'at most 2 MiB of variables',
  suggestion: 'check the values of the variables',
};
