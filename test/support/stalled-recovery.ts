/**
 * A recovery in a process of its own, whose archive answers no more after a few files: to be killed. Argument: a file
 * with the scene. Writes `waiting` when the server waits for what never comes.
 */
import fs from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { choose, recoverTo, type Scene, targetOf } from './recovery-scene.ts';
import { walLog } from './wal-log.ts';

export interface StalledRecovery {
  readonly scene: Scene;
  readonly folder: string;
}

const readsAnswered = 3;
const silenceS = 2;

export function encodeStalled(stalled: StalledRecovery): Buffer {
  const { server, ...scene } = stalled.scene;
  const { programs, version, runsAs } = server;
  return serialize({ ...stalled, scene: { ...scene, server: { programs, version, runsAs } } });
}

const [file] = process.argv.slice(2);
if (import.meta.main && file !== undefined) {
  const { scene, folder }: StalledRecovery = deserialize(fs.readFileSync(file));
  const target = targetOf('end');
  let reads = 0;
  const log = walLog({
    ...scene.log,
    onRead: async () => {
      reads++;
      if (reads <= readsAnswered) return;
      process.stdout.write('waiting\n');
      await new Promise<void>((resolve) => setTimeout(resolve, 600_000));
    },
  });
  await recoverTo(scene, target, choose(scene, target), { log, silenceS, folder });
}
