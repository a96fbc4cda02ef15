/** The log archive of a benchmark: every process opens it with the same key, which lies beside it. */
import fs from 'node:fs';
import path from 'node:path';
import { type OpenLog, openLogArchive } from '../../src/log-archive/open-log-archive.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { nowMs } from '../../src/platform/clock.ts';
import { createSealedObjects } from '../../src/repository/sealed-objects.ts';
import { newMasterKey } from '../../src/seal/key-file.ts';

/** `location`: the folder of the store. */
export function openBenchLog(store: ObjectStore, location: string, incarnation: string): OpenLog {
  const seal = createSealedObjects({ store, key: keyOf(location), version: 2 });
  return openLogArchive({ store, seal, system: 'bench', incarnation, nowMs });
}

function keyOf(location: string): ReturnType<typeof newMasterKey> {
  const file = path.join(location, 'key-of-the-benchmark');
  if (!fs.existsSync(file)) {
    const { encrypt, macK, macR } = newMasterKey();
    fs.writeFileSync(file, Buffer.concat([encrypt, macK, macR]));
  }
  const bytes = fs.readFileSync(file);
  return { encrypt: bytes.subarray(0, 32), macK: bytes.subarray(32, 48), macR: bytes.subarray(48) };
}
