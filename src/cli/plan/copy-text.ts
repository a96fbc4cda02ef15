/** How commands tell what was copied. */
import { bytesText, plural } from '../quantity-text.ts';
import type { SystemCopy } from './copy-system.ts';

/** For machines. */
export function copyFields(copy: SystemCopy): Readonly<Record<string, unknown>> {
  const { system, vault, from, copied, bytesStored, error } = copy;
  return {
    system,
    vault,
    from,
    verdict: error === undefined ? 'pass' : 'fail',
    points: copied.length,
    read_back: readBack(copy),
    snapshot_ids: copied.map(({ record }) => record.snapshotId),
    bytes_stored: bytesStored,
    error: error && { code: error.code, message: error.message, hint: error.hint },
  };
}

/** `orders-db: here → there  2 points, 3.1 MiB stored, read back`. */
export function copyWords({ system, vault, from, copied, bytesStored, error }: SystemCopy): string {
  const way = `${system}: ${from.length === 0 ? '' : `${from.join(', ')} `}→ ${vault}`;
  const what = `${plural(copied.length, 'point')}, ${bytesText(bytesStored)} stored`;
  if (error === undefined) return `${way}  ${what}, read back`;
  return `${way}  ${copied.length === 0 ? '' : `${what}; `}${error.message}`;
}

function readBack({ copied, error }: SystemCopy): 'pass' | 'fail' | 'none' {
  if (copied.length === 0) return 'none';
  return error === undefined || copied.every(({ check }) => check.verdict === 'pass') ? 'pass' : 'fail';
}
