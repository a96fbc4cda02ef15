/** Backs a cluster up into a vault, or restores the newest backup of it: what `lifeboat backup` does, without a plan. */
import fs from 'node:fs';
import path from 'node:path';
import { openLocalStore } from '../../src/object-store/local/local-store.ts';
import { initRepository, openRepository } from '../../src/repository/repository.ts';
import { createPostgresSource } from '../../src/source/postgres/base-backup/postgres-source.ts';

const password = 'bench only, not a secret';
const [location = '', act, ...values] = process.argv.slice(2);
await (act === 'backup' ? backUp(...values) : restore(...values));

async function backUp(socket = '', port = ''): Promise<void> {
  const isNew = !fs.existsSync(path.join(location, 'config'));
  const options = { store: openLocalStore(location), password };
  await using vault = await (isNew ? initRepository(options) : openRepository(options));
  const source = createPostgresSource({
    address: {
      host: socket,
      port: Number(port),
      database: 'postgres',
      user: 'postgres',
      tls: false,
      timeoutMs: 60_000,
    },
    ...{ label: 'bench', checkpoint: 'fast', countTables: [], queries: {} },
    workFolder: `${location}-work`,
    nowMs: Date.now,
  });
  await using capture = await source.capture();
  const saved = await vault.write((writer) =>
    writer.saveSnapshot({
      events: capture.events,
      time: new Date().toISOString(),
      ...{ paths: ['/postgresql'], hostname: 'bench', username: 'bench', uid: 0, gid: 0 },
    }),
  );
  const { problems, end, capturedAtMs } = await capture.result();
  if (problems.length > 0) throw new Error(`the capture has problems: ${JSON.stringify(problems)}`);
  if (end.kind !== 'postgres') throw new Error('the capture has no position');
  // What a recovery starts from, for recover-child.ts.
  const point = { ...end, id: saved.snapshot.id, capturedAtMs };
  fs.writeFileSync(`${location}-point.json`, JSON.stringify(point));
}

async function restore(target = ''): Promise<void> {
  await using vault = await openRepository({ store: openLocalStore(location), password });
  const { problems } = await vault.restore(await vault.snapshot('latest'), { target });
  if (problems.length > 0) throw new Error(`the restore has problems: ${JSON.stringify(problems)}`);
}
