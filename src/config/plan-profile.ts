import { environmentVariable } from '../platform/environment.ts';

/** The profile that a plan is used with: what the command line says, else `LIFEBOAT_PROFILE`; an empty name is none. */
export function chosenProfile(option: string | undefined): string | undefined {
  const name = option ?? environmentVariable('LIFEBOAT_PROFILE');
  return name === '' ? undefined : name;
}
