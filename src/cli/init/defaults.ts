/** What a plan has when nobody says otherwise. */
import { userInfo } from 'node:os';
import { systemErrorName } from '../../error/lifeboat-error.ts';
import { zoneName } from '../../schedule/zone-clock.ts';

export const rpoDefault = '2 h';
export const rtoDefault = '4 h';

/** The machine's zone, as far as plans know it. */
export function machineTimeZone(): string {
  return zoneName(new Intl.DateTimeFormat().resolvedOptions().timeZone) ?? 'UTC';
}

/** The name of this user's account; `owner` for a number without one. */
export function accountName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    if (systemErrorName(error) === 'ERR_SYSTEM_ERROR') return 'owner';
    throw error;
  }
}
