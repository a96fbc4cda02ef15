/** Values as YAML on one line. */
import { stringify } from 'yaml';
import type { PlanValue } from './plan-edit.ts';

/** `block`: what follows a key on a line of its own; `flow`: what may stand between brackets as well. */
export type YamlContext = 'block' | 'flow';

/** `{ daily: 7 }`, `[integrity, files]`, `every 15 min`; what another reader could take for something else is quoted. */
export function renderYaml(value: PlanValue, context: YamlContext): string {
  if (isList(value)) return `[${value.map((item) => renderYaml(item, 'flow')).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return renderScalar(value, context);
  const entries = Object.entries(value).map(
    ([key, each]) => `${renderScalar(key, 'flow')}: ${renderYaml(each, 'flow')}`,
  );
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** In the quotes that the text had before. */
export function renderQuoted(value: string, quote: '"' | "'"): string {
  const isPlainEnough = !hasControls(value);
  return quote === "'" && isPlainEnough ? `'${value.replaceAll("'", "''")}'` : JSON.stringify(value);
}

function renderScalar(value: string | number | boolean | null, context: YamlContext): string {
  if (typeof value === 'string' && hasControls(value)) return JSON.stringify(value);
  const options = { lineWidth: 0, version: '1.2', flowCollectionPadding: false } as const;
  if (context === 'block') return stringify(value, options).trimEnd();
  return stringify([value], { ...options, collectionStyle: 'flow' })
    .trimEnd()
    .slice(1, -1);
}

function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(text);
}

function isList(value: PlanValue): value is readonly PlanValue[] {
  return Array.isArray(value);
}
