/**
 * A password as SCRAM hashes it (SASLprep, RFC 4013). PostgreSQL takes the password as it is when it holds what
 * SASLprep forbids, and so do we.
 */
export function saslPrepared(password: string): string {
  if (isAscii(password)) return password;
  const mapped = password.replaceAll(otherSpaces, ' ').replaceAll(mappedToNothing, '').normalize('NFKC');
  return prohibited.test(mapped) || mapped === '' ? password : mapped;
}

/** RFC 3454, table C.1.2. */
const otherSpaces = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
/** RFC 3454, table B.1. */
// biome-ignore lint/suspicious/noMisleadingCharacterClass: single code points of the table, never combined
const mappedToNothing = /[\u00ad\u034f\u1806\u180b-\u180d\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]/gu;
/** RFC 3454, tables C.2 to C.9: controls, private use, surrogates, non-characters, and what changes the display. */
const prohibited =
  /[\p{Cc}\p{Co}\p{Cs}\u06dd\u070f\u180e\u2028\u2029\u200e\u200f\u202a-\u202e\u2061-\u2063\u206a-\u206f\ufff9-\uffff]/u;

function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII has control characters
  return /^[\x00-\x7f]*$/.test(text);
}
