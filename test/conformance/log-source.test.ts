import fs from 'node:fs';
import path from 'node:path';
import { monotonicMs, nowMs } from '../../src/platform/clock.ts';
import { createPostgresLogSource } from '../../src/source/postgres/replication/postgres-log-source.ts';
import { MemoryLog } from '../support/memory-log-source.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type LogServer, testLogSource } from './log-source.ts';

testLogSource('memory', async (): Promise<LogServer> => {
  const random = seededRandom(9);
  const log = new MemoryLog();
  return {
    source: log,
    write: () => log.commit(random.bytes(5000)),
    cut: async () => log.cut(),
    promote: async () => log.promote(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});

/** Promoted by a restart as a standby of nobody, on the same data. */
testLogSource('PostgreSQL 15', async (): Promise<LogServer> => {
  const server = await startPostgres({ walSegmentMb: 1, settings: { wal_keep_size: '64MB' } });
  await server.query('create table t (a text)');
  const { host, port, user } = server;
  const source = createPostgresLogSource({
    address: { host, port, user, database: 'postgres', tls: false, timeoutMs: 5000 },
    ...{ slot: 'lifeboat_slot', applicationName: 'lifeboat_test', system: 'shop', nowMs, monotonicMs },
  });
  const write = async (): Promise<void> => {
    await server.query("insert into t select repeat('x', 100) from generate_series(1, 100)");
  };
  return {
    source,
    write,
    // a server that is stopped waits for us to have all
    async cut() {
      await server.kill();
      await server.start();
    },
    async promote() {
      await server.stop();
      fs.writeFileSync(path.join(server.data, 'standby.signal'), '');
      await server.start();
      await server.query('select pg_promote()');
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});
