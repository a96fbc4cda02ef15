/**
 * A state that a system can return to, and how well that is proven.
 *
 * Glossary: *proof* has four levels, each higher one including what the lower ones say: *written* to the vault,
 * *checked* (every byte was read back), *restored* (into a sandbox, with the bytes that were captured), *approved*
 * (the system's own checks passed on the restored data).
 */
import type { Position } from '../source/position.ts';

export interface RecoveryPoint {
  /** The snapshot's id; unique within all vaults. */
  readonly id: string;
  readonly system: string;
  /** The vault's id. */
  readonly vault: string;
  readonly snapshotId: string;
  /** When the captured state was current: milliseconds since the epoch. */
  readonly capturedAtMs: number;
  /** False when some input could not be read: such a point is better than nothing, and meets no objective. */
  readonly complete: boolean;
  readonly position: Position;
  readonly planHash?: string;
  readonly systemHash?: string;
  readonly bytes: number;
  readonly files: number;
  readonly proof: Proof;
  /** Its data were found in an archive class, where they cannot be read back: no proof, and no reason to try again at once. */
  readonly archived?: ProofStep;
  /** The newest finding against the point. It voids every proof; only a later success of its kind lifts it. */
  readonly failure?: ProofFailure;
}

export interface Proof {
  readonly written: ProofStep;
  readonly checked?: ProofStep;
  readonly restored?: RestoreStep;
  readonly approved?: RestoreStep;
}

export interface ProofStep {
  readonly atMs: number;
  readonly recordId: string;
  readonly systemHash?: string;
}

export interface ProofFailure extends ProofStep {
  /** `check`: bytes of the vault were found wrong. `restore`: the restored data was, which reading back can neither see nor refute. */
  readonly foundBy: 'check' | 'restore';
}

export interface RestoreStep extends ProofStep {
  /** How long the restore took. */
  readonly durationMs: number;
}

export type ProofLevel = 'written' | 'checked' | 'restored' | 'approved';

/** Ascending. */
export const proofLevels: readonly ProofLevel[] = ['written', 'checked', 'restored', 'approved'];

/** The highest level that holds now. */
export function proofLevel(point: RecoveryPoint): ProofLevel {
  if (point.failure !== undefined) return 'written';
  return proofLevels.findLast((level) => point.proof[level] !== undefined) ?? 'written';
}

export function isProven(point: RecoveryPoint, atLeast: ProofLevel): boolean {
  return proofLevels.indexOf(proofLevel(point)) >= proofLevels.indexOf(atLeast);
}
