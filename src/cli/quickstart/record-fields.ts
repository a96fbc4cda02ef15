/** Fields of what commands report, read as a program would read their `--json`. */
import { assert } from '../../error/assert.ts';
import type { JsonRecord } from '../output.ts';

type Fields = Readonly<Record<string, unknown>>;

export function textField(record: Fields, name: string): string {
  const value = record[name];
  assert(typeof value === 'string', `the report has a text ${name}`);
  return value;
}

export function numberField(record: Fields, name: string): number {
  const value = record[name];
  assert(typeof value === 'number', `the report has a number ${name}`);
  return value;
}

export function listField(record: Fields, name: string): readonly Fields[] {
  const value = record[name];
  assert(Array.isArray(value), `the report has a list ${name}`);
  return value.filter((item): item is Fields => typeof item === 'object' && item !== null);
}

export function recordsOf(records: readonly JsonRecord[], type: string): readonly JsonRecord[] {
  return records.filter((record) => record.type === type);
}
