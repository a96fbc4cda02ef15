/** Base backups and the log of a real server in one store: taken as the program takes them, and what a recovery starts from. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { nowMs } from '../../src/platform/clock.ts';
import type { Repository } from '../../src/repository/repository-types.ts';
import { createPostgresSource } from '../../src/source/postgres/base-backup/postgres-source.ts';
import type { BasePoint } from '../../src/source/postgres/recovery/recovery-ground.ts';
import { parseLsn } from '../../src/source/postgres/wal/lsn.ts';
import type { PostgresServer } from './postgres-server.ts';
import { restoreTo } from './vault.ts';

/** A base backup in the repository, and where it stands. */
export async function takeBase(repository: Repository, server: PostgresServer): Promise<BasePoint> {
  const address = { host: server.host, port: server.port, database: 'postgres', user: server.user };
  const source = createPostgresSource({
    address: { ...address, tls: false, timeoutMs: 10_000 },
    ...{ label: 'test', checkpoint: 'fast', countTables: [], queries: {}, nowMs },
    workFolder: path.join(server.folder, 'work'),
  });
  await using capture = await source.capture();
  const saved = await repository.write((writer) =>
    writer.saveSnapshot({
      ...{ events: capture.events, time: new Date().toISOString(), paths: ['/postgresql'] },
      ...{ hostname: 'test-host', username: 'tester', uid: 0, gid: 0 },
    }),
  );
  const { end, capturedAtMs, problems } = await capture.result();
  assert.deepEqual(problems, []);
  assert.ok(end.kind === 'postgres');
  const { systemId, timeline, hasLog } = end;
  const [base = 0n, at = 0n] = [parseLsn(end.base), parseLsn(end.at)];
  return { id: saved.snapshot.id, systemId, timeline, base, at, capturedAtMs, hasLog };
}

/** The data directory of a base backup, below the folder, which a server of another user may enter. */
export async function restoreBase(repository: Repository, id: string, folder: string): Promise<string> {
  const { problems } = await restoreTo(repository, id, folder);
  assert.deepEqual(problems, []);
  fs.chmodSync(folder, 0o755);
  fs.chmodSync(path.join(folder, 'postgresql'), 0o755);
  return path.join(folder, 'postgresql', 'data');
}
