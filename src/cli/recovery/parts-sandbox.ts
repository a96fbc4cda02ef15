/** Where a whole database is recovered to when only parts of it are wanted. */
import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeStaging, type Staging } from '../../restore/staging.ts';

/** Below `to` or the nearest folder above it that is there; gone when it is disposed. */
export function makePartsSandbox(to: string): Staging {
  const staging = makeStaging(to, '.lifeboat-sandbox-');
  // The server runs as another user; what is restored has modes of its own.
  for (const folder of [staging.path, dirname(staging.path)]) chmodSync(folder, 0o711);
  return staging;
}
