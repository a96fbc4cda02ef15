/** The header `Range` of a request (RFC 9110, 14.2): one range of bytes; several at once are not offered. */
import type { ByteRange } from '../object-store/object-store.ts';

export type WantedRange =
  | { readonly kind: 'all' }
  | { readonly kind: 'part'; readonly range: ByteRange }
  | { readonly kind: 'unsatisfiable' };

/** A header that is no such range counts as absent, as the standard says. `size` in bytes. */
export function wantedRange(header: string | undefined, size: number): WantedRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '')) return { kind: 'all' };
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return { kind: 'all' };
  if (start >= size || (first === '' && Number(last) === 0)) return { kind: 'unsatisfiable' };
  return { kind: 'part', range: { offset: start, length: end - start + 1 } };
}
