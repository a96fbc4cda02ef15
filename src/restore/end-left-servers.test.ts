import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { makeStaging } from './staging.ts';

/** A process that works in a folder, and a file that names it as its server. */
async function serverIn(cwd: string, named: string): Promise<ChildProcess> {
  for (const folder of [cwd, named]) mkdirSync(folder, { recursive: true });
  const child = spawn('sleep', ['600'], { cwd, stdio: 'ignore' });
  await once(child, 'spawn');
  writeFileSync(join(named, 'postmaster.pid'), `${child.pid}\n${named}\n`);
  return child;
}

test('a server that runs in a leftover is ended before that is removed, and no other process is', async () => {
  using parent = temporaryFolder();
  const left = join(parent.path, '.lifeboat-sandbox-left');
  const data = join(left, 'root/restored/postgresql/data');
  const server = await serverIn(data, data);
  const stranger = await serverIn(join(parent.path, 'elsewhere'), join(left, 'root/pg/data'));
  try {
    writeFileSync(join(left, 'lock'), '1\n');
    const ended = once(server, 'exit');
    using staging = makeStaging(parent.path, '.lifeboat-sandbox-');
    assert.ok(existsSync(staging.path));
    assert.equal(existsSync(left), false);
    assert.equal((await ended)[1], 'SIGQUIT');
    assert.equal(stranger.exitCode ?? stranger.signalCode, null);
  } finally {
    for (const child of [server, stranger]) child.kill('SIGKILL');
  }
});
