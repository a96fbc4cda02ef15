/**
 * JSON strings exactly as Go's encoder writes them: like JSON.stringify, with `<`, `>`, `&`, U+2028 and U+2029
 * escaped as well. Backspace and form feed are short, as in Go 1.22 and later.
 * Source: Go, encoding/json.
 */
import { isUtf8 } from 'node:buffer';
import { runes } from './utf8-runes.ts';

/** Printable ASCII that neither JSON nor strconv.Quote changes. */
const plain = /^[ !#-%'-;=?-[\]-~]*$/;
const extraEscapes = /[<>&\u2028\u2029]/g;

export function isPlain(text: string): boolean {
  return plain.test(text);
}

/** With the quotes around it. */
export function goJsonString(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  return JSON.stringify(text.toWellFormed()).replace(extraEscapes, escapeUnit);
}

/** The same for bytes: every byte that is not part of valid UTF-8 becomes the escape `\ufffd`. */
export function goJsonBytes(bytes: Buffer): string {
  const ascii = bytes.toString('latin1');
  if (plain.test(ascii)) return `"${ascii}"`;
  if (isUtf8(bytes)) return goJsonString(bytes.toString('utf8'));
  let text = '';
  for (const rune of runes(bytes))
    text += typeof rune === 'string' ? goJsonString(rune).slice(1, -1) : '\\ufffd';
  return `"${text}"`;
}

/** Values that are kept without being understood: the keys of objects stay in the order they have. */
export function goJsonValue(value: unknown): string {
  if (typeof value === 'string') return goJsonString(value);
  if (Array.isArray(value)) return `[${value.map(goJsonValue).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  return `{${Object.entries(value)
    .map(([key, inner]) => `${goJsonString(key)}:${goJsonValue(inner)}`)
    .join(',')}}`;
}

function escapeUnit(unit: string): string {
  return '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0');
}
