import { dirname } from 'node:path';
import { LifeboatError, systemErrorName } from '../../error/lifeboat-error.ts';
import { writeFileAtomically } from '../../platform/atomic-file.ts';

/** A picture is there to be shown. */
const pictureMode = 0o644;

/** `path` is absolute. Raises USAGE where no file can be at the path, PERMISSION_DENIED where none may be written. */
export async function writePicture(path: string, picture: string): Promise<void> {
  try {
    await writeFileAtomically(path, picture, pictureMode);
  } catch (error) {
    throw told(path, error);
  }
}

function told(path: string, error: unknown): unknown {
  const cause = { cause: error };
  switch (systemErrorName(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new LifeboatError('USAGE', `--svg: the folder ${dirname(path)} does not exist`, {
        hint: `Make the folder, or name a file in one that is there.`,
        ...cause,
      });
    case 'EISDIR':
      return new LifeboatError('USAGE', `--svg: ${path} is a folder`, {
        hint: 'Name a file in it.',
        ...cause,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new LifeboatError('PERMISSION_DENIED', `--svg: ${path} cannot be written`, {
        hint: 'Name a file in a folder that you may write.',
        ...cause,
      });
    default:
      return error;
  }
}
