import { LifeboatError } from '../../error/lifeboat-error.ts';

/** Raised when a put would replace, and the credentials can only create. */
export function objectExists(key: string, location: string): LifeboatError {
  return new LifeboatError(
    'OBJECT_EXISTS',
    `${key} is in ${location} already, and the credentials can only create`,
    {
      hint: 'Replace it with credentials that may write, or keep it as it is.',
      details: { key, location },
    },
  );
}
