/** Math.min and Math.max know no bigint. */
export function lower(a: bigint, b: bigint): bigint {
  if (b < a) return b;
  return a;
}

export function higher(a: bigint, b: bigint): bigint {
  if (b > a) return b;
  return a;
}
