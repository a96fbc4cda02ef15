/** One thing about a vault, as `status` shows it. Pure. */
import type { ErrorCode } from '../../error/codes.ts';

/** `none`: the plan does not ask for it, or there is nothing to do. What is not known is never `ok`. */
export type FacetStatus = 'ok' | 'none' | 'owed' | 'late' | 'unknown' | 'failed';

export interface Facet {
  readonly name:
    | 'reading'
    | 'points'
    | 'damage'
    | 'copies'
    | 'store'
    | 'reread'
    | 'deletion'
    | 'immutable'
    | 'key';
  readonly status: FacetStatus;
  readonly words: string;
  /** How a program ends because of it, where one thing can go wrong in several ways. */
  readonly code?: ErrorCode;
  /** For machines. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export function facet(
  name: Facet['name'],
  status: FacetStatus,
  words: string,
  fields: Facet['fields'],
): Facet {
  return { name, status, words, fields };
}
