/** The kinds of source that need nothing but this machine. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createCommandSource } from '../../src/source/command/command-source.ts';
import { createEnvSource } from '../../src/source/env/env-source.ts';
import { createFilesSource } from '../../src/source/files/files-source.ts';
import { createSqliteSource } from '../../src/source/sqlite/sqlite-source.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { sourceConformance } from './source.ts';

const nowMs = Date.now;
const owner = { uid: 0, gid: 0 };

sourceConformance('files', async () => {
  const folder = temporaryFolder();
  mkdirSync(`${folder.path}/sub/empty`, { recursive: true });
  for (let index = 0; index < 1000; index += 1)
    writeFileSync(`${folder.path}/sub/file-${index}`, String(index));
  symlinkSync('nowhere', `${folder.path}/link`);
  return {
    source: createFilesSource({ paths: [folder.path], nowMs }),
    broken: createFilesSource({ paths: [`${folder.path}/gone`], nowMs }),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  };
});

sourceConformance('env', async () => {
  const folder = temporaryFolder();
  writeFileSync(`${folder.path}/.env`, 'A=1\n');
  const read = (name: string) => (name === 'SET' ? 'value' : undefined);
  const settings = { system: 'api', files: [`${folder.path}/.env`], read, nowMs, ...owner };
  return {
    source: createEnvSource({ ...settings, variables: ['SET'] }),
    broken: createEnvSource({ ...settings, variables: ['NOT_SET'] }),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  };
});

sourceConformance('command', async () => {
  const settings = { storedAs: 'dump.sql', timeoutMs: 20_000, nowMs, ...owner };
  return {
    source: createCommandSource({ ...settings, command: 'seq 100000' }),
    broken: createCommandSource({ ...settings, command: ['lifeboat-no-such-program'] }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});

for (const journal of ['wal', 'delete']) {
  sourceConformance(`sqlite, journal mode ${journal}`, async () => {
    const folder = temporaryFolder();
    using database = new DatabaseSync(`${folder.path}/app.db`);
    database.exec(`PRAGMA journal_mode=${journal}; CREATE TABLE orders (id); INSERT INTO orders VALUES (1)`);
    const settings = { workFolder: `${folder.path}/work`, nowMs, monotonicMs: () => performance.now() };
    return {
      source: createSqliteSource({ ...settings, path: `${folder.path}/app.db`, countTables: 'all' }),
      broken: createSqliteSource({ ...settings, path: `${folder.path}/gone.db` }),
      [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
    };
  });
}
