/** What a record of a check says of the objects that were found wrong. */
import type { LifeboatError } from '../error/lifeboat-error.ts';
import type { CheckRecord } from './record.ts';

/** A vault that is wholly destroyed needs no list of all it had. */
const objectsMax = 1000;

/** Nothing where nothing is wrong. A list that was cut says of how many. */
export function damagedObjects(
  findings: readonly { readonly object: string }[],
): Pick<CheckRecord, 'damagedObjects' | 'damagedObjectCount'> {
  const keys = [...new Set(findings.map(({ object }) => object))].sort();
  if (keys.length === 0) return {};
  if (keys.length <= objectsMax) return { damagedObjects: keys };
  return { damagedObjects: keys.slice(0, objectsMax), damagedObjectCount: keys.length };
}

/** What an error says of it: `damagedObjects` of its details, or the one `object`. */
export function objectsOfError({ details }: LifeboatError): readonly { readonly object: string }[] {
  const { damagedObjects: objects, object } = details;
  const named = Array.isArray(objects) ? objects : [object];
  return named.filter((each) => typeof each === 'string').map((each) => ({ object: each }));
}
