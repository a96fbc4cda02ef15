/**
 * Lays the newest backup of a vault out and recovers it to an LSN: `recover-child.ts VAULT LOG TO LSN`. Says how many
 * seconds both took, as JSON.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { openRepository } from '../../src/repository/repository.ts';
import { gatherGround } from '../../src/source/postgres/recovery/gather-ground.ts';
import { recoverCluster } from '../../src/source/postgres/recovery/recover-cluster.ts';
import type { BasePoint } from '../../src/source/postgres/recovery/recovery-ground.ts';
import { parseRecoveryTarget } from '../../src/source/postgres/recovery/recovery-target.ts';
import { requireRecovery } from '../../src/source/postgres/recovery/resolve-recovery.ts';
import { findServer } from '../../src/source/postgres/server/find-server.ts';
import { serverUser } from '../../src/source/postgres/server/server-user.ts';
import { parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import { openBenchLog } from './log-place.ts';

const [vault = '', logPlace = '', to = '', lsn = ''] = process.argv.slice(2);
const told = JSON.parse(fs.readFileSync(`${vault}-point.json`, 'utf8'));
const point: BasePoint = { ...told, base: parseLsn(told.base) ?? 0n, at: parseLsn(told.at) ?? 0n };
const parsed = parseRecoveryTarget(`lsn:${lsn}`, 'UTC');
if (!parsed.ok) throw new Error(`no LSN: ${lsn}`);
const { target } = parsed;

const restored = performance.now();
await restore();
const started = performance.now();
const replayS = (await recover()) - started;
console.log(JSON.stringify({ restoreS: (started - restored) / 1000, replayS: replayS / 1000 }));

async function restore(): Promise<void> {
  await using repository = await openRepository({
    store: openLocalStore(vault),
    password: 'bench only, not a secret',
  });
  const { problems } = await repository.restore(await repository.snapshot(point.id), { target: to });
  if (problems.length > 0) throw new Error('the restore has problems');
  spawnSync('chown', ['-R', 'postgres', to]);
}

/** From what the archive holds to a server that stopped at the target. Gives when it stood there. */
async function recover(): Promise<number> {
  const log = openBenchLog(openLocalStore(logPlace), logPlace, point.systemId);
  const segmentBytes = 16 * 1024 * 1024;
  const gathered = await gatherGround(log, { points: [point], segmentBytes, target });
  const choice = requireRecovery(gathered.ground, { target, timeline: 'latest' });
  await using recovered = await recoverCluster({
    data: path.join(to, 'postgresql', 'data'),
    ...{ target, choice, log: gathered.log, histories: gathered.histories, tablespaces: new Map() },
    programs: await findServer({ major: 15, folders: [] }),
    ...{ user: serverUser('postgres'), work: path.join(to, 'work') },
  });
  if (recovered.proof === '') throw new Error('the recovery has no proof');
  return performance.now();
}
