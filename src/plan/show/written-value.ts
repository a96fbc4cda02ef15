/** Values as the file has them: the way back from what the schema made of them. */
import { formatByteSize, parseByteSize } from '../byte-size.ts';
import { formatDuration, parseDuration } from '../duration.ts';
import type { Quantity } from '../schema/field-facts.ts';
import { childrenOf, type Schema, unwrap } from '../schema-walk.ts';
import { formatSecretReference, type SecretReference } from '../secret-reference.ts';

/** A copy in the words of the file: durations and sizes with units, references as `${…}`. Reading it gives the value again. */
export function writtenValue(schema: Schema, value: unknown): unknown {
  const { bare, facts } = unwrap(schema, value);
  if (facts.quantity !== undefined) return writtenQuantity(facts.quantity, value);
  const children = childrenOf(bare, value);
  if (children.length === 0) return value;
  const written = children.map(([key, child, inner]) => [key, writtenValue(child, inner)] as const);
  return Array.isArray(value) ? written.map(([, item]) => item) : Object.fromEntries(written);
}

function writtenQuantity(quantity: Quantity, value: unknown): unknown {
  switch (quantity) {
    case 'duration':
      return typeof value === 'number' ? writtenDuration(value) : value;
    case 'size':
      return typeof value === 'number' ? writtenSize(value) : value;
    case 'rate':
      return typeof value === 'number' ? `${writtenSize(value)}/s` : value;
    case 'percentage':
      return `${String(value)}%`;
    case 'cadence':
      return fieldOf(value, 'text');
    case 'tolerance':
      return fieldOf(value, 'kind') === 'percent'
        ? `${String(fieldOf(value, 'value'))}%`
        : fieldOf(value, 'value');
    case 'secret':
    case 'text or reference':
    case 'address or reference':
      return fieldOf(value, 'kind') === 'literal' ? fieldOf(value, 'value') : writtenReference(value);
    case 'schedule':
      return value;
    default:
      return quantity satisfies never;
  }
}

/** In words where they say exactly this, else in milliseconds. */
export function writtenDuration(valueMs: number): string {
  const words = formatDuration(valueMs);
  const result = parseDuration(words);
  return result.ok && result.value === valueMs ? words : `${valueMs} ms`;
}

function writtenSize(bytes: number): string {
  const words = [formatByteSize(bytes), decimalSize(bytes)];
  const exact = words.find((each) => {
    const result = parseByteSize(each);
    return result.ok && result.value === bytes;
  });
  return exact ?? `${bytes} bytes`;
}

/** `80 MB`: in the largest 1000-based unit that leaves at least one. */
function decimalSize(bytes: number): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1 ? 0 : Math.min(names.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${bytes / 1000 ** step} ${names[step]}`;
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function writtenReference(value: unknown): unknown {
  return isReference(value) ? formatSecretReference(value) : value;
}

function isReference(value: unknown): value is SecretReference {
  return ['env', 'file', 'command'].includes(String(fieldOf(value, 'kind')));
}
