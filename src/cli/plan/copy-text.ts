/** How commands tell what was copied. */
import type { CheckRecord } from '../../evidence/record.ts';
import { bytesText, plural } from '../quantity-text.ts';
import type { SystemCopy } from './copy-system.ts';

/** For machines. */
export function copyFields(copy: SystemCopy): Readonly<Record<string, unknown>> {
  const { system, vault, from, copied, gone, bytesStored, error } = copy;
  return {
    system,
    vault,
    from,
    verdict: error === undefined ? 'pass' : 'fail',
    points: copied.length,
    gone_points: gone,
    read_back: readBack(copy),
    snapshot_ids: copied.map(({ record }) => record.snapshotId),
    bytes_stored: bytesStored,
    error: error && { code: error.code, message: error.message, hint: error.hint },
  };
}

/** `orders-db: here → there  2 points, 3.1 MiB stored, read back`. */
export function copyWords(copy: SystemCopy): string {
  const { copied, gone } = copy;
  if (gone === 0) return wayWords(copy);
  const given = `${plural(gone, 'point')} given up meanwhile`;
  if (copied.length === 0 && copy.error === undefined)
    return `${copy.system}: → ${copy.vault}  nothing to copy; ${given}`;
  return `${wayWords(copy)}; ${given}`;
}

function wayWords({ system, vault, from, copied, bytesStored, error }: SystemCopy): string {
  const way = `${system}: ${from.length === 0 ? '' : `${from.join(', ')} `}→ ${vault}`;
  const what = `${plural(copied.length, 'point')}, ${bytesText(bytesStored)} stored`;
  if (error === undefined) return `${way}  ${what}, ${readBackWords(copied.map(({ check }) => check))}`;
  return `${way}  ${copied.length === 0 ? '' : `${what}; `}${error.message}`;
}

/** A point whose data lie in an archive class is written, and not proven by reading. */
export function readBackWords(checks: readonly Pick<CheckRecord, 'verdict'>[]): string {
  return checks.some(({ verdict }) => verdict === 'inconclusive')
    ? 'written; in an archive class, so it was not read back'
    : 'read back';
}

function readBack({ copied, error }: SystemCopy): 'pass' | 'fail' | 'inconclusive' | 'none' {
  if (copied.length === 0) return 'none';
  if (error === undefined && copied.some(({ check }) => check.verdict === 'inconclusive'))
    return 'inconclusive';
  return error === undefined || copied.every(({ check }) => check.verdict === 'pass') ? 'pass' : 'fail';
}
