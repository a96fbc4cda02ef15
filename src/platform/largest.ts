/** `Math.max(...values)` overflows the stack with more than a hundred thousand of them. Of none: minus infinity. */
export function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}
