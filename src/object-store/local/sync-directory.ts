import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { systemErrorName } from '../../error/lifeboat-error.ts';

/** Some network and user-space file systems know no sync of directories; restic passes over these as well. */
const unsupported: readonly (string | undefined)[] = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF'];

/** Makes names that came into or left `directory` durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } catch (error) {
    if (!unsupported.includes(systemErrorName(error))) {
      throw error;
    }
  } finally {
    await handle.close();
  }
}
