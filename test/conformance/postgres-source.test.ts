import { after } from 'node:test';
import { nowMs } from '../../src/platform/clock.ts';
import type { PostgresSourceOptions } from '../../src/source/postgres/base-backup/base-settings.ts';
import { createPostgresSource } from '../../src/source/postgres/base-backup/postgres-source.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { sourceConformance } from './source.ts';

const server = await startPostgres({ version: 17 });
after(async () => await server[Symbol.asyncDispose]());

sourceConformance('PostgreSQL', async () => {
  const folder = temporaryFolder();
  const address = { host: server.host, port: server.port, database: 'postgres', user: server.user };
  const options: PostgresSourceOptions = {
    address: { ...address, tls: true, timeoutMs: 10_000 },
    ...{ label: 'a test', checkpoint: 'fast', countTables: [], queries: {}, workFolder: folder.path, nowMs },
  };
  return {
    source: createPostgresSource(options),
    broken: createPostgresSource({ ...options, address: { ...options.address, port: 1 } }),
    ofTheMoment: /^[0-9A-F]{24}/,
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  };
});
