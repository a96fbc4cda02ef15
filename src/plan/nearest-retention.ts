/** Which retention holds for a system in a vault: the nearest one, and what it says of older points in an archive. */
import { resolveRetention } from './resolve-retention.ts';
import type { ResolvedBackup, ResolvedSystem, ResolvedVault, Retention } from './resolved-plan.ts';

/** What moves into an archive, and how long it stays there: milliseconds. */
export interface ArchiveMove {
  /** Points of this age move there; 0: at once. */
  readonly afterMs: number;
  /** Counted from the move. Absent: without an end. */
  readonly keepForMs?: number;
}

type Keeper = Pick<ResolvedVault, 'role' | 'declared'>;

/** Of a line of backups, else of the system, else of the vault; absent: everything is kept. */
export function nearestRetention(
  line: Pick<ResolvedBackup, 'retention'> | undefined,
  system: Pick<ResolvedSystem, 'retention'>,
  vault: Keeper,
): Retention | undefined {
  const ofVault = vault.declared.retention;
  if (line?.retention !== undefined) return resolveRetention(line.retention);
  return system.retention ?? (ofVault === undefined ? undefined : resolveRetention(ofVault));
}

/** One for each line of backups, or for the system that has none. */
export function nearestRetentions(
  system: Pick<ResolvedSystem, 'retention' | 'backups'>,
  vault: Keeper,
): readonly (Retention | undefined)[] {
  const lines = system.backups.length === 0 ? [undefined] : system.backups;
  return lines.map((line) => nearestRetention(line, system, vault));
}

/** Absent where nothing moves: the vault is no archive, or the retention does not speak of one. */
export function archiveMoveOf(retention: Retention | undefined, { role }: Keeper): ArchiveMove | undefined {
  if (role !== 'archive' || retention?.archive === undefined) return undefined;
  const { after = 0, keep_for: keepForMs } = retention.archive;
  return { afterMs: after, ...(keepForMs === undefined ? {} : { keepForMs }) };
}

/**
 * How old a point must be before the vault is to have it: milliseconds. Points of different lines are not told apart,
 * so the line that moves earliest counts. 0 for every vault that is no archive, or that nothing is said of.
 */
export function movesAfterMs(system: Pick<ResolvedSystem, 'retention' | 'backups'>, vault: Keeper): number {
  return Math.min(
    ...nearestRetentions(system, vault).map((retention) => archiveMoveOf(retention, vault)?.afterMs ?? 0),
  );
}
