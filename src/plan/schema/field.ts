/**
 * The kinds of single fields that the plan is made of. Each says what it expects in words, because zod's own
 * messages speak about types. Custom issues carry `expected`, `suggestion` and `id` for the finding.
 */
import * as z from 'zod';
import { parseByteSize } from '../byte-size.ts';
import { milliseconds, parseDuration } from '../duration.ts';
import { parseSecretReference } from '../secret-reference.ts';

/**
 * A map with exactly these keys. For an unknown key the message of the issue is the list of the known ones:
 * `schema-findings.ts` makes the suggestion from it.
 */
export function strict<Shape extends z.core.$ZodShape>(shape: Shape) {
  const known = Object.keys(shape).join(',');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined),
  });
}

const textLengthMax = 10_000;

/** Text that says something; a lone space is nothing. */
export function text() {
  return z
    .string()
    .max(textLengthMax)
    .refine((value) => value.trim() !== '', { message: 'empty', params: { expected: 'some text' } })
    .refine((value) => value.isWellFormed() && !value.includes('\0'), {
      message: 'holds a character that is none',
      params: { expected: 'text without NUL and without halves of characters' },
    });
}

export const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** A name that people choose; it becomes part of tags and folder names. */
export function name() {
  return z.string().regex(namePattern);
}

const durationWords = 'a duration such as 5 min, 1 h or 7 days';
const sizeWords = 'a size such as 2 GiB, 500 MB or 100 bytes';

export function duration() {
  return z.string(`expected ${durationWords}`).transform((value, context) => {
    const result = parseDuration(value);
    if (result.ok) return result.value;
    context.addIssue({
      code: 'custom',
      message: result.reason,
      params: { expected: durationWords },
    });
    return z.NEVER;
  });
}

/** A duration of which zero makes no sense. */
export function positiveDuration() {
  return duration().refine((value) => value > milliseconds(0), {
    message: 'zero is too short',
    params: { expected: 'a duration longer than zero' },
  });
}

export function byteSize() {
  return z.string(`expected ${sizeWords}`).transform((value, context) => {
    const result = parseByteSize(value);
    if (result.ok) return result.value;
    context.addIssue({
      code: 'custom',
      message: result.reason,
      params: { expected: sizeWords },
    });
    return z.NEVER;
  });
}

export const secretExpected = 'a reference: ${env:NAME}, ${file:path} or ${command:words}';

/** A field for a secret: a reference, never the secret itself. */
export function secret() {
  return z.string().transform((value, context) => {
    const result = parseSecretReference(value);
    if (result.ok) return result.value;
    context.addIssue({
      code: 'custom',
      message: result.reason,
      params: {
        id: 'literal-secret',
        sensitive: true,
        expected: secretExpected,
        suggestion: 'put the secret into a file or an environment variable and refer to it here',
      },
    });
    return z.NEVER;
  });
}

/** A web address that may itself be a secret, so a reference is taken as well. */
export function secretOrUrl() {
  return z.string().transform((value, context) => {
    const result = parseSecretReference(value);
    if (result.ok) return result.value;
    if (/^https?:\/\/[^\s]+$/.test(value)) return { kind: 'literal' as const, value };
    context.addIssue({
      code: 'custom',
      message: 'not a web address',
      params: { sensitive: true, expected: `an address that begins with https:// or ${secretExpected}` },
    });
    return z.NEVER;
  });
}
