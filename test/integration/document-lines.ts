/** Which lines of a document stand in which fields of the plan that was made of it: `document-lines.txt`. */
import assert from 'node:assert/strict';

export interface DocumentLines {
  readonly ranges: readonly {
    readonly from: number;
    readonly to: number;
    readonly fields: readonly string[];
  }[];
  /** Fields that the document does not ask for and the language demands. */
  readonly added: readonly string[];
}

const linePattern = /^(?:(\d+)(?:-(\d+))?|added)\s+(\S.*)$/;

/** Lines such as `21-22  objectives.rto, objectives.rpo`; `#` begins a comment. */
export function parseDocumentLines(text: string): DocumentLines {
  const rows = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, from, to, fields] = linePattern.exec(line) ?? assert.fail(`not a line of the map: ${line}`);
      return { from, to: to ?? from, fields: (fields ?? '').split(',').map((field) => field.trim()) };
    });
  return {
    ranges: rows.flatMap(({ from, to, fields }) =>
      from === undefined ? [] : [{ from: Number(from), to: Number(to), fields }],
    ),
    added: rows.flatMap(({ from, fields }) => (from === undefined ? fields : [])),
  };
}

/** `steps[0].run` becomes `steps`, `0`, `run`. */
export function partsOf(field: string): readonly string[] {
  return field.replaceAll(/\[(\d+)\]/g, '.$1').split('.');
}

export function isThere(value: unknown, parts: readonly string[]): boolean {
  const [first, ...rest] = parts;
  if (first === undefined) return true;
  return typeof value === 'object' && value !== null && Object.hasOwn(value, first)
    ? isThere(Reflect.get(value, first), rest)
    : false;
}

/** Paths of all values that hold no further ones. */
export function leavesOf(value: unknown, around: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [around];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...around, key]));
}
