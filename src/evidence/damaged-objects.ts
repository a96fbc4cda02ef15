/** What a record of a check says of the objects that were found wrong. */
import type { CheckRecord } from './record.ts';

/** A vault that is wholly destroyed needs no list of all it had. */
const objectsMax = 1000;

/** Nothing where nothing is wrong. */
export function damagedObjects(
  findings: readonly { readonly object: string }[],
): Pick<CheckRecord, 'damagedObjects'> {
  const keys = [...new Set(findings.map(({ object }) => object))].sort();
  return keys.length === 0 ? {} : { damagedObjects: keys.slice(0, objectsMax) };
}
