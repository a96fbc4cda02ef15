/** What went wrong with one piece of work of a pass, if anything did. */
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { SystemBackup } from '../plan/backup-systems.ts';
import type { SystemProof } from '../plan/verify-systems.ts';
import { plural } from '../quantity-text.ts';
import { knownError } from '../report-error.ts';

const pathsNamedMax = 20;

/** `crash` ended the work before this backup came to an end of its own. */
export function backupError(backup: SystemBackup | undefined, crash: unknown): LifeboatError | undefined {
  if (backup === undefined) return crashError(crash);
  if (backup.error !== undefined) return backup.error;
  const { system, vault, outcome } = backup;
  if (outcome?.record.verdict === 'pass' && outcome.check?.verdict === 'pass') return undefined;
  return new LifeboatError('BACKUP_INCOMPLETE', `${system} in ${vault} was not read back`, {
    hint: 'Until it is, the point meets no objective; it is tried again by itself.',
  });
}

/** The backup is as good as any; what it read is suspect, and nobody would look at a warning at night. */
export function silentChangeError(backups: readonly SystemBackup[]): LifeboatError | undefined {
  const found = backups.find(({ outcome }) => (outcome?.silentChanges.length ?? 0) > 0);
  const paths = found?.outcome?.silentChanges ?? [];
  if (found === undefined) return undefined;
  return new LifeboatError(
    'SOURCE_CHANGED_SILENTLY',
    `${found.system}: ${plural(paths.length, 'file')} changed behind size and time, such as ${paths[0]}`,
    {
      hint: 'Find out what wrote them; ransomware does that, and so do bad disks. Earlier points hold what was there before.',
      details: { paths: paths.slice(0, pathsNamedMax) },
    },
  );
}

/** Only a verdict of pass is a proof. */
export function proofError(
  system: string,
  proof: SystemProof | undefined,
  crash: unknown,
): LifeboatError | undefined {
  if (proof === undefined) return crashError(crash);
  const { outcome, error } = proof;
  if (outcome === undefined) {
    return new LifeboatError(
      'VERIFICATION_INCONCLUSIVE',
      `${system} could not be proven: ${error?.message ?? 'there is no result'}`,
      { hint: error?.hint ?? 'Run `lifeboat verify` to see why.', ...(error ? { cause: error } : {}) },
    );
  }
  const { verdict, checks } = outcome.record;
  if (verdict === 'pass') return undefined;
  const wrong = checks.filter((check) => check.verdict !== 'pass').map(({ name }) => name);
  const names = wrong.length === 0 ? '' : `: ${wrong.join(', ')}`;
  const hint = `Run \`lifeboat verify ${system} --keep\` to look at the restored data.`;
  return verdict === 'fail'
    ? new LifeboatError('VERIFICATION_FAILED', `${system} did not pass its checks${names}`, { hint })
    : new LifeboatError('VERIFICATION_INCONCLUSIVE', `${system} could not be proven${names}`, { hint });
}

function crashError(crash: unknown): LifeboatError {
  return knownError(crash ?? new Error('the work ended without a result'));
}
