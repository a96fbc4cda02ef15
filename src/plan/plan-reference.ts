import type { LintRule } from './lint/lint-rule.ts';
import { lintRules, numbersOf } from './lint/rules.ts';
import { type JsonSchema, planSchemaDocument } from './plan-json-schema.ts';

/** The reference of `lifeboat.yaml` in Markdown, made from the schema and the rules of the linter. */
export function planReference(): string {
  const root = planSchemaDocument();
  const definitions = Object.entries(root['definitions'] ?? {}).filter(isNamed);
  const sections = [
    ...introduction,
    fieldTable(root),
    ...definitions.filter(([id]) => !isStep(id)).map(([id, schema]) => section(id, schema)),
    ...stepSections(definitions.filter(([id]) => isStep(id))),
    ruleSection(),
  ];
  return `${sections.join('\n\n')}\n`;
}

const introduction: readonly string[] = [
  '# The plan, field by field',
  'Generated from the code by `npm run generate`; do not edit. The guide is `docs/guides/plan.md`, and editors ' +
    'complete plans with `lifeboat.schema.json`.',
  'A duration is a number with its unit: `5 min`, `1 h`, `7 days`, `1 h 30 min` (a month counts 30 days, a year 365). ' +
    'A size is a number with its unit: `2 GiB`, `500 MB`. A secret is a reference: `${env:NAME}`, `${file:path}`, ' +
    '`${command:words}`, or `${kms:path}` of a file that a key service has wrapped.',
  '## The file',
];

function isNamed(entry: [string, unknown]): entry is [string, JsonSchema] {
  return typeof entry[1] === 'object' && entry[1] !== null;
}

function isStep(id: string): boolean {
  return /[a-z]Step$/.test(id);
}

/** What all steps have in common is told once. */
function stepSections(steps: readonly (readonly [string, JsonSchema])[]): readonly string[] {
  const [first] = steps;
  if (first === undefined) return [];
  const fields = Object.entries(first[1].properties ?? {});
  const shared = fields.filter(
    ([key]) => key !== 'do' && steps.every(([, step]) => Object.hasOwn(step.properties ?? {}, key)),
  );
  const sharedKeys = new Set(shared.map(([key]) => key));
  return [
    '## every step',
    'A step of a runbook says with `do` what it does. Beside the fields of its kind, each has these.',
    fieldTable({ properties: Object.fromEntries(shared) }),
    ...steps.map(([id, step]) => {
      const own = Object.entries(step.properties ?? {}).filter(([key]) => !sharedKeys.has(key));
      return section(id, { ...step, properties: Object.fromEntries(own) });
    }),
  ];
}

function section(id: string, schema: JsonSchema): string {
  const parts = [`## ${titleOf(id)}`];
  if (schema.description !== undefined) parts.push(schema.description);
  return [...parts, fieldTable(schema)].join('\n\n');
}

/** `sqliteSource` is called "sqlite source". */
function titleOf(id: string): string {
  return id.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}

function fieldTable(schema: JsonSchema): string {
  const rows = Object.entries(schema.properties ?? {}).flatMap(([key, field]) =>
    typeof field === 'object' ? [fieldRow(key, field, (schema.required ?? []).includes(key))] : [],
  );
  return ['| field | what it holds | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function fieldRow(key: string, field: JsonSchema, isRequired: boolean): string {
  const examples = (field.examples ?? []).map((example) => `\`${exampleText(example)}\``);
  const shown = examples.length === 0 ? '' : ` Examples: ${examples.join(', ')}.`;
  const need = isRequired ? ' (required)' : '';
  return `| \`${key}\`${need} | ${cell(holds(field))} | ${cell((field.description ?? '') + shown)} |`;
}

function exampleText(example: unknown): string {
  return typeof example === 'string' ? example : JSON.stringify(example);
}

function cell(text: string): string {
  return text.trim().replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function holds(schema: JsonSchema): string {
  const [only] = schema.allOf ?? [];
  if (schema.$ref !== undefined) return linkTo(schema.$ref);
  if (typeof only === 'object') return holds(only);
  const options = schema.anyOf ?? schema.oneOf;
  if (options?.every(isStepReference)) return '[steps](#every-step)';
  if (options !== undefined) return [...new Set(options.filter(isSchema).map(holds))].join(' or ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.type === 'array') return `list of ${isSchema(schema.items) ? holds(schema.items) : 'values'}`;
  if (isSchema(schema.additionalProperties)) return `map of name to ${holds(schema.additionalProperties)}`;
  return schema.type === 'object' ? objectWords(schema) : typeWords(schema);
}

/** One type or several; none is any value. */
function typeWords({ type }: JsonSchema): string {
  const types = type === undefined ? [] : [type].flat();
  return types.length === 0 ? 'any value' : types.map((each) => typeNames[each] ?? each).join(' or ');
}

const typeNames: Readonly<Record<string, string>> = { string: 'text' };

/** There are dozens of kinds, and each has its own section. */
function isStepReference(option: unknown): boolean {
  return isSchema(option) && isStep(option.$ref ?? '');
}

/** A small map that has no section of its own shows its fields in place. */
function objectWords(schema: JsonSchema): string {
  return `map of ${Object.keys(schema.properties ?? {})
    .map((key) => `\`${key}\``)
    .join(', ')}`;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function linkTo(reference: string): string {
  const id = reference.split('/').at(-1) ?? '';
  return `[${titleOf(id)}](#${titleOf(id).replaceAll(' ', '-')})`;
}

function ruleSection(): string {
  const rows = lintRules.map(
    (rule) => `| ${ruleName(rule)} | ${rule.severity} | ${rule.title} | ${rule.fix} |`,
  );
  return [
    '## Rules of the linter',
    ['| rule | severity | what it finds | fix |', '| --- | --- | --- | --- |', ...rows].join('\n'),
  ].join('\n\n');
}

/** With all numbers by which it is known. */
function ruleName(rule: LintRule): string {
  const numbers = numbersOf(rule);
  return `\`${rule.id}\`${numbers.length === 0 ? '' : ` (${numbers.join(', ')})`}`;
}
