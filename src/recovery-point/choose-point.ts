import { isProven, type ProofLevel, type RecoveryPoint } from './recovery-point.ts';

/**
 * The newest point at or before `atMs` (default: the newest). Among those, complete points that nothing speaks
 * against come first; `undefined` when there is none at all. The caller tells the person what the choice lacks.
 */
export function choosePoint(points: readonly RecoveryPoint[], atMs?: number): RecoveryPoint | undefined {
  const before = points.filter((point) => atMs === undefined || point.capturedAtMs <= atMs);
  return (
    newest(before.filter(isSound)) ??
    newest(before.filter((point) => point.failure === undefined)) ??
    newest(before)
  );
}

/** The newest complete point whose proof has reached the level. */
export function newestProven(
  points: readonly RecoveryPoint[],
  atLeast: ProofLevel,
): RecoveryPoint | undefined {
  return newest(points.filter((point) => point.complete && isProven(point, atLeast)));
}

function isSound(point: RecoveryPoint): boolean {
  return point.complete && point.failure === undefined;
}

/** By capture; of one capture in two vaults the better proven, then by id, so that the answer never wavers. */
function newest(points: readonly RecoveryPoint[]): RecoveryPoint | undefined {
  return points.toSorted(
    (a, b) =>
      b.capturedAtMs - a.capturedAtMs ||
      Number(isProven(b, 'checked')) - Number(isProven(a, 'checked')) ||
      compareText(a.id, b.id),
  )[0];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
