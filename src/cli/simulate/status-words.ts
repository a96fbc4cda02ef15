import type { Status } from '../../objective/objective.ts';
import type { Style } from '../style.ts';

/** As `lifeboat status` says them. */
export const statusWords: Readonly<Record<Status, string>> = {
  met: 'ok',
  'at-risk': 'AT RISK',
  unknown: 'UNKNOWN',
  breached: 'BREACHED',
};

/** Worst first. */
export const worstFirst: readonly Status[] = ['breached', 'unknown', 'at-risk', 'met'];

export function statusPainter(status: Status | undefined, style: Style): (text: string) => string {
  if (status === undefined) return style.dim;
  if (status === 'met') return style.green;
  return status === 'breached' ? style.red : style.yellow;
}
