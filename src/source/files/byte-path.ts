/**
 * Paths on Unix are bytes, not text. Inside this room a path or name is a *byte string*: a JavaScript string with
 * one character (U+0000–U+00FF) for each byte, which Node calls latin1. It loses nothing, compares and sorts
 * exactly as the bytes do, and can be a key of a map.
 */
import path from 'node:path';
import { LifeboatError } from '../../error/lifeboat-error.ts';

export type ByteString = string;

export function toBytes(text: ByteString): Buffer {
  return Buffer.from(text, 'latin1');
}

export function fromBytes(bytes: Buffer): ByteString {
  return bytes.toString('latin1');
}

export function fromText(text: string): ByteString {
  return fromBytes(Buffer.from(text, 'utf8'));
}

/** For people: what is not UTF-8 shows as U+FFFD. */
export function toText(bytes: ByteString): string {
  return toBytes(bytes).toString('utf8');
}

/** The child's path; `folder` ends in a slash only when it is the root. */
export function joinPath(folder: ByteString, name: ByteString): ByteString {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

/**
 * An absolute path without `.`, `..`, doubled or trailing slashes, cleaned as text the way restic does, so that links
 * are not looked at. Raises SOURCE_INVALID for a relative path or one with a NUL byte.
 */
export function absolutePath(given: string | Buffer): ByteString {
  const bytes = typeof given === 'string' ? fromText(given) : fromBytes(given);
  if (!bytes.startsWith('/') || bytes.includes('\0')) {
    throw new LifeboatError('SOURCE_INVALID', `"${toText(bytes)}" is not an absolute path`, {
      hint: 'Give every path of a files source from the root on, beginning with a slash.',
    });
  }
  const clean = path.posix.normalize(bytes);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}
