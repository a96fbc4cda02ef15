/** The page that says which field of the plan expresses each thing that real plans ask for. */
import { planSchema } from '../../src/plan/plan-schema.ts';
import type { FieldUse } from '../../src/plan/schema/field-facts.ts';
import { type LanguageField, languageFields } from '../../src/plan/schema-fields.ts';
import { type AskedFor, areas, askedFor } from './asked-for.ts';

export function missionPage(): string {
  const byId = fieldsById();
  const rows = askedFor();
  const sections = Object.entries(areas).map(([letter, title]) =>
    section(
      `${letter} ${title}`,
      rows.filter(({ id }) => id.startsWith(letter)),
      byId,
    ),
  );
  return `${[...introduction, ...sections].join('\n\n')}\n`;
}

const introduction: readonly string[] = [
  '# What real plans ask for, and the field that says it',
  'Generated from the code by `npm run generate`; do not edit.',
  'Five teams wrote down how they would survive a disaster. Each row is one thing that at least one of them asks for, with the fields of `lifeboat.yaml` that express it. The same five plans stand in `examples/`: as they were written in `examples/as-written/`, and repaired beside it.',
  'A field is *executed* when this version acts on it, *planned* when it is read, checked by the linter and not carried out yet (`lifeboat lint` names every such field that a plan uses), and *information* when there is nothing to carry out.',
];

/** The fields of each id, in the order of the language. */
export function fieldsById(): ReadonlyMap<string, readonly LanguageField[]> {
  const found = new Map<string, LanguageField[]>();
  for (const field of languageFields(planSchema)) {
    for (const id of field.facts.mission ?? []) found.set(id, [...(found.get(id) ?? []), field]);
  }
  return found;
}

function section(title: string, rows: readonly AskedFor[], byId: ReturnType<typeof fieldsById>): string {
  const lines = rows.map((row) => {
    const fields = (byId.get(row.id) ?? []).filter(isFirstOfItsKind);
    const named = fields.slice(0, fieldsShownMax).map(({ path }) => `\`${path}\``);
    const more = fields.length > named.length ? ` and ${fields.length - named.length} more` : '';
    return `| ${row.id} | ${row.asks} | ${row.plans.join(', ')} | ${named.join(', ')}${more} | ${usesOf(fields)} |`;
  });
  const head = ['| id | asked for | by | fields | use |', '| --- | --- | --- | --- | --- |'];
  return [`## ${title}`, [...head, ...lines].join('\n')].join('\n\n');
}

const fieldsShownMax = 6;

/** Steps and retention stand in several places; the first place stands for all. */
function isFirstOfItsKind({ path }: LanguageField, index: number, fields: readonly LanguageField[]): boolean {
  const tail = tailOf(path);
  return fields.findIndex((other) => tailOf(other.path) === tail) === index;
}

function tailOf(path: string): string {
  return path
    .replace(/^runbooks\.<name>\.(?:steps|verification|rollback|afterwards)/, 'steps')
    .replace(/^.*\.retention/, 'retention');
}

const usesInOrder: readonly FieldUse[] = ['executed', 'planned', 'information'];

function usesOf(fields: readonly LanguageField[]): string {
  const uses = new Set(fields.map(({ facts }) => facts.use));
  return usesInOrder.filter((use) => uses.has(use)).join(', ');
}
