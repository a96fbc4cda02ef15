/** Paths are bytes; people get text that cannot harm their terminal, machines get the exact bytes as well. */
import { isUtf8 } from 'node:buffer';

/** Control characters, and bytes that are not UTF-8, as `\xNN`. */
export function pathText(path: Buffer): string {
  const text = isUtf8(path) ? path.toString('utf8') : escapeInvalid(path);
  return text.replaceAll(/\p{Cc}/gu, (char) => `\\x${hexByte(char.codePointAt(0) ?? 0)}`);
}

/** `path`, and `path_base64` when the text cannot carry the bytes. */
export function pathFields(path: Buffer): Readonly<Record<string, string>> {
  const fields = { path: path.toString('utf8') };
  return isUtf8(path) ? fields : { ...fields, path_base64: path.toString('base64') };
}

/** Keeps what is valid: each stretch between bytes that are not. */
function escapeInvalid(path: Buffer): string {
  let text = '';
  for (let at = 0; at < path.length; ) {
    const length = sequenceLength(path[at] ?? 0);
    const sequence = path.subarray(at, at + length);
    const valid = sequence.length === length && isUtf8(sequence);
    text += valid ? sequence.toString('utf8') : `\\x${hexByte(path[at] ?? 0)}`;
    at += valid ? length : 1;
  }
  return text;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}
