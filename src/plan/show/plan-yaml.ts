import { Document, isMap, isScalar, stringify } from 'yaml';
import type { NormalisedPlan } from './normalised-plan.ts';

/** YAML of a normalised plan; inherited objectives say where they come from. Ends with a newline. */
export function normalisedYaml({ data, origins }: NormalisedPlan, head: readonly string[]): string {
  const document = new Document(data, { aliasDuplicateObjects: false });
  document.commentBefore = head.map((line) => ` ${line}`).join('\n');
  for (const [path, words] of origins) {
    const value = document.getIn(path.split('.'), true);
    if (isScalar(value)) value.comment = ` ${words}`;
  }
  if (isMap(document.contents)) spaceBlocks(document.contents.items);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** A value of a plan as its file would have it: one line for texts and numbers, a block for the rest. */
export function valueYaml(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 }).trimEnd();
}

function spaceBlocks(items: readonly { readonly key: unknown }[]): void {
  for (const { key } of items.slice(1)) if (isScalar(key)) key.spaceBefore = true;
}
