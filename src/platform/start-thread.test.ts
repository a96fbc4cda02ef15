import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { startThread } from './start-thread.ts';

const thread = `
import { parentPort, workerData } from 'node:worker_threads';
import { getCompileCacheDir } from 'node:module';
parentPort.postMessage({ folder: getCompileCacheDir() ?? null, workerData });
`;

async function answerOf(module: URL): Promise<unknown> {
  const worker = startThread(module, { workerData: 'for the thread' });
  const [answer]: unknown[] = await once(worker, 'message');
  await worker.terminate();
  return answer;
}

test('a thread looks for compiled code where the program does, and programs that are started do not', async () => {
  using folder = temporaryFolder();
  const module = pathToFileURL(join(folder.path, 'thread.mjs'));
  writeFileSync(module, thread);
  assert.deepEqual(await answerOf(module), { folder: null, workerData: 'for the thread' });
  enableCompileCache(join(folder.path, 'compiled'));
  assert.deepEqual(await answerOf(module), { folder: getCompileCacheDir(), workerData: 'for the thread' });
  assert.equal(process.env['NODE_COMPILE_CACHE'], undefined);
});
