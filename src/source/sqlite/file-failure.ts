/** Turns errors of the file system, in folders that Lifeboat writes to, into errors that a person can act on. */
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';

/** Gives what `act` gives. Raises DISK_FULL or PERMISSION_DENIED for what the system says; `place` is named. */
export async function inPlace<T>(place: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw explained(place, error);
  }
}

function explained(place: string, error: unknown): unknown {
  if (error instanceof LifeboatError) return error;
  switch (systemErrorName(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new LifeboatError('DISK_FULL', `there is no space left for ${place}`, {
        hint: 'Free space on that disk, then try again.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new LifeboatError('PERMISSION_DENIED', `${place} cannot be written`, {
        hint: 'Run this as a user who may write there, or choose another folder.',
        cause: error,
      });
    default:
      return error;
  }
}
