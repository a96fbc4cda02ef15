/**
 * How far the server may be told that the log is durable. From then on it deletes the bytes, and lets commits return.
 *
 * - `sync`: what is durable in `copies` of the vaults, whichever are quickest. The number is never lowered, whatever is
 *   out of reach: then commits wait, or are let go by the server itself, and the server keeps the log.
 * - `async`: what is durable in all vaults that take anything, and in one at least. A vault that is away, or behind,
 *   does not keep the server from deleting what another vault holds: it gets it from there. So a vault that is away
 *   for a week does not fill the disk of the server, and nothing is ever released that no vault has.
 *
 * Pure.
 */
import type { ShippingMode } from './shipping.ts';

export interface LaneProgress {
  /** On the branch of the stream; `undefined` while it is on another one. */
  readonly durable: bigint | undefined;
  /** It is neither away, behind nor broken. */
  readonly isCurrent: boolean;
}

export function acknowledgedOf(
  mode: ShippingMode,
  copies: number,
  lanes: readonly LaneProgress[],
): bigint | undefined {
  if (mode.kind === 'sync') return nth(lanes, copies);
  const current = lanes.filter(({ isCurrent }) => isCurrent);
  return current.length === 0 ? nth(lanes, 1) : nth(current, current.length);
}

/** What at least `count` lanes hold. */
function nth(lanes: readonly LaneProgress[], count: number): bigint | undefined {
  const positions = lanes.flatMap(({ durable }) => (durable === undefined ? [] : [durable]));
  positions.sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  return positions[count - 1];
}
