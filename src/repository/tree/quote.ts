/**
 * Names in trees: the raw bytes as Go's strconv.Quote writes them, without the outer quotes. JSON comes on top.
 * Source: Go, strconv Quote and Unquote; verified against stock restic.
 */
import { isUtf8 } from 'node:buffer';
import { goJsonString, isPlain } from './go-json.ts';
import { runes } from './utf8-runes.ts';

/** What Go calls printable. New characters of a later Unicode may differ between versions of Go, too. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const printableText = /^(?!.*["\\])[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

/** The complete JSON string of a name, quotes included. */
export function quotedNameJson(name: Buffer): string {
  const ascii = name.toString('latin1');
  return isPlain(ascii) ? `"${ascii}"` : goJsonString(quoteName(name));
}

export function quoteName(name: Buffer): string {
  if (isUtf8(name)) {
    const text = name.toString('utf8');
    if (printableText.test(text)) return text;
  }
  let quoted = '';
  for (const rune of runes(name))
    quoted += typeof rune === 'number' ? hexEscape('x', rune, 2) : quoteRune(rune);
  return quoted;
}

function quoteRune(rune: string): string {
  const short = shortEscapes.get(rune);
  if (short !== undefined) return short;
  if (printable.test(rune)) return rune;
  const code = rune.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return hexEscape('x', code, 2);
  return code < 0x10000 ? hexEscape('u', code, 4) : hexEscape('U', code, 8);
}

function hexEscape(letter: string, value: number, digits: number): string {
  return `\\${letter}${value.toString(16).padStart(digits, '0')}`;
}

const needsUnquoting = /["\\\n]/;
const escapePart =
  /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))|([^"\\\n]+)/y;
const shortValues: ReadonlyMap<string, string> = new Map(
  [...shortEscapes].map(([value, written]) => [written.slice(1), value]),
);

/** Bytes of a quoted name; `undefined` when strconv.Unquote would refuse it. */
export function unquoteName(quoted: string): Buffer | undefined {
  if (!needsUnquoting.test(quoted)) return Buffer.from(quoted, 'utf8');
  const parts: Buffer[] = [];
  escapePart.lastIndex = 0;
  while (escapePart.lastIndex < quoted.length) {
    const match = escapePart.exec(quoted);
    const part = match === null ? undefined : unquotePart(match);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function unquotePart(match: RegExpExecArray): Buffer | undefined {
  const [, short, hex, unicode4, unicode8, octal, literal] = match;
  if (literal !== undefined) return Buffer.from(literal, 'utf8');
  if (short !== undefined) return Buffer.from(shortValues.get(short) ?? '', 'latin1');
  if (hex !== undefined) return Buffer.of(Number.parseInt(hex, 16));
  if (octal !== undefined) return byteOf(Number.parseInt(octal, 8));
  return characterOf(Number.parseInt(unicode4 ?? unicode8 ?? '', 16));
}

function byteOf(value: number): Buffer | undefined {
  return value < 256 ? Buffer.of(value) : undefined;
}

function characterOf(code: number): Buffer | undefined {
  const surrogate = code >= 0xd800 && code <= 0xdfff;
  return code > 0x10ffff || surrogate ? undefined : Buffer.from(String.fromCodePoint(code), 'utf8');
}
