/**
 * The kinds of single fields that the plan is made of. Each says what it expects in words, because zod's own
 * messages speak about types. Custom issues carry `expected`, `suggestion` and `id` for the finding.
 */
import * as z from 'zod';
import { parseCadence } from '../../schedule/parse-cadence.ts';
import { parseByteSize } from '../byte-size.ts';
import { milliseconds, parseDuration } from '../duration.ts';
import { parseSecretReference } from '../secret-reference.ts';
import type { ReferenceKind } from './field-facts.ts';

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
  return z
    .string(`expected ${durationWords}`)
    .transform((value, context) => {
      const result = parseDuration(value);
      if (result.ok) return result.value;
      context.addIssue({
        code: 'custom',
        message: result.reason,
        params: { expected: durationWords },
      });
      return z.NEVER;
    })
    .meta({ quantity: 'duration' });
}

/** A duration of which zero makes no sense. */
export function positiveDuration() {
  return duration().refine((value) => value > milliseconds(0), {
    message: 'zero is too short',
    params: { expected: 'a duration longer than zero' },
  });
}

export function byteSize() {
  return z
    .string(`expected ${sizeWords}`)
    .transform((value, context) => {
      const result = parseByteSize(value);
      if (result.ok) return result.value;
      context.addIssue({
        code: 'custom',
        message: result.reason,
        params: { expected: sizeWords },
      });
      return z.NEVER;
    })
    .meta({ quantity: 'size' });
}

const secretExpected = 'a reference: ${env:NAME}, ${file:path}, ${command:words} or ${kms:path}';

/** A field for a secret: a reference, never the secret itself. */
export function secret() {
  return z
    .string()
    .transform((value, context) => {
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
    })
    .meta({ quantity: 'secret' });
}

/** A web address that may itself be a secret, so a reference is taken as well. */
export function secretOrUrl() {
  return z
    .string()
    .transform((value, context) => {
      const result = parseSecretReference(value);
      if (result.ok) return result.value;
      if (/^https?:\/\/[^\s]+$/.test(value)) return { kind: 'literal' as const, value };
      context.addIssue({
        code: 'custom',
        message: 'not a web address',
        params: { sensitive: true, expected: `an address that begins with https:// or ${secretExpected}` },
      });
      return z.NEVER;
    })
    .meta({ quantity: 'address or reference' });
}

/** A text that may come from outside the plan, such as the name of a host. */
export function textOrReference() {
  return text()
    .transform((value, context) => {
      if (!/^\s*\$\{/.test(value)) return { kind: 'literal' as const, value };
      const result = parseSecretReference(value);
      if (result.ok) return result.value;
      context.addIssue({
        code: 'custom',
        message: result.reason.replace('a secret must not stand in the plan', 'not a reference'),
        params: { expected: `text, or ${secretExpected}` },
      });
      return z.NEVER;
    })
    .meta({ quantity: 'text or reference' });
}

/** The name of something that the plan declares elsewhere. */
export function reference(refersTo: ReferenceKind) {
  return name().meta({ refersTo });
}

/** Names of things that the plan declares elsewhere; their order means nothing. */
export function references(refersTo: ReferenceKind) {
  return z.array(reference(refersTo)).meta({ isSet: true });
}

/** Short texts one below the other. */
export function texts() {
  return z.array(text()).min(1);
}

/** How often something happens: `quarterly`, `every 90 days`. */
export function cadence() {
  return z
    .string('expected how often, such as quarterly')
    .transform((value, context) => {
      const result = parseCadence(value);
      if (result.ok) return result.cadence;
      context.addIssue({
        code: 'custom',
        message: result.error.message,
        params: { expected: result.error.expected },
      });
      return z.NEVER;
    })
    .meta({ quantity: 'cadence' });
}

/** A day of the calendar, `2026-11-21`. */
export function day() {
  return z.string('expected a day such as "2026-11-21"').refine((value) => isDay(value), {
    message: 'not a day of the calendar',
    params: { expected: 'year, month and day, such as "2026-11-21"' },
  });
}

function isDay(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

/** An amount of money in the currency of the budget. */
export function amount() {
  return z.number().min(0).max(1e12);
}

/** A program to run: text for sh -c, or a list of arguments (no shell). */
export function commandLine() {
  return z
    .union([text(), z.array(text()).min(1)], 'expected a command line or a list of arguments')
    .meta({ isCommand: true });
}

/** `1%` or `12.5 %`, as a number from 0 on. */
export function percentage() {
  return z
    .string('expected a percentage such as "50%"')
    .regex(/^\d+(\.\d+)?\s*%$/)
    .transform((value) => Number.parseFloat(value))
    .meta({ quantity: 'percentage' });
}

/** Bytes a second: `80 MB/s`. */
export function byteRate() {
  return z
    .string('expected a rate such as 80 MB/s')
    .transform((value, context) => {
      const match = /^(.*)\/\s*(?:s|sec|second)$/.exec(value.trim());
      const result = parseByteSize(match?.[1]?.trim() ?? '');
      if (match !== null && result.ok && result.value > 0) return result.value;
      context.addIssue({
        code: 'custom',
        message: 'not a rate',
        params: { expected: 'bytes a second such as 80 MB/s' },
      });
      return z.NEVER;
    })
    .meta({ quantity: 'rate' });
}
