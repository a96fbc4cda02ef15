import type { ReadCommand } from './program-call.ts';

const lengthMax = 2_000;

/** A text with the variables filled in that the script itself sets; others stay as they are written. */
export function withKnownValues(text: string, read: ReadCommand): string {
  const values = valuesOf(read);
  let current = text;
  for (let round = 0; round < 3; round += 1) {
    const next = current.replace(/\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)/g, (whole, braced, plain) => {
      const name = String(braced ?? plain);
      return values.get(name) ?? whole;
    });
    if (next === current || next.length > lengthMax) return current;
    current = next;
  }
  return current;
}

const known = new WeakMap<ReadCommand, ReadonlyMap<string, string>>();

/** Variables that are set exactly once. */
function valuesOf(read: ReadCommand): ReadonlyMap<string, string> {
  const before = known.get(read);
  if (before !== undefined) return before;
  const values = new Map<string, string>();
  const twice = new Set<string>();
  for (const { commands } of read.scripts) {
    for (const { name, value } of commands.flatMap(({ assignments }) => assignments)) {
      if (values.has(name)) twice.add(name);
      values.set(name, value.text);
    }
  }
  for (const name of twice) values.delete(name);
  known.set(read, values);
  return values;
}
