/**
 * Where something of the plan lies in a point. A plan that was copied or moved to another folder names it differently
 * than it was captured, for its relative paths count from that folder. Pure.
 */

/** Absolute, in the same order: what the plan reads now, and what was read at capture. */
export interface SystemRoots {
  readonly planned: readonly string[];
  readonly captured: readonly string[];
}

export interface CapturedPath {
  readonly path: string;
  /** It was captured at the very place that the plan says. */
  readonly isAsPlanned: boolean;
}

export function capturedPath(path: string, { planned, captured }: SystemRoots): CapturedPath {
  const at = planned.findIndex((root) => path === root || path.startsWith(`${root}/`));
  const [root, was] = [planned[at], captured[at]];
  if (root === undefined || captured.includes(root)) return { path, isAsPlanned: root !== undefined };
  if (was === undefined || planned.length !== captured.length) return { path, isAsPlanned: false };
  return { path: was + path.slice(root.length), isAsPlanned: false };
}
