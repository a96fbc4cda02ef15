/** A held point of no plan whose snapshot somebody deleted past the records: it is missed, and not pruned. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CliOptions, cliEnds, jsonLines } from '../e2e/cli-process.ts';
import { bytesBelow } from '../support/bytes-below.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const random = seededRandom(7);

async function backUp(options: CliOptions): Promise<void> {
  fs.mkdirSync(join(options.folder, 'files'), { recursive: true });
  fs.writeFileSync(join(options.folder, 'files/data'), random.bytes(300_000));
  await cliEnds(0, options, 'backup', '--vault', 'vault', '--path', 'files');
}

async function snapshotsOf(options: CliOptions): Promise<readonly string[]> {
  const run = await cliEnds(0, options, 'snapshots', '--vault', 'vault', '--json');
  return jsonLines(run).flatMap(({ type, id }) => (type === 'snapshot' ? [String(id)] : []));
}

function remove({ folder }: CliOptions, id: string): void {
  for (const name of fs.readdirSync(join(folder, 'vault/snapshots')))
    if (name.startsWith(id)) fs.rmSync(join(folder, 'vault/snapshots', name));
}

/** Of two backups of paths the first one is held and then deleted by another program: its id. */
async function lostWhileHeld(options: CliOptions, ...kind: readonly string[]): Promise<string> {
  await cliEnds(0, options, 'vault', 'init', 'vault', '--no-recovery-key');
  await backUp(options);
  const [held = ''] = await snapshotsOf(options);
  await cliEnds(0, options, 'pin', held, ...kind, '--vault', 'vault', '--why', 'evidence');
  await backUp(options);
  remove(options, held);
  return held;
}

test('a held point whose snapshot was deleted past the records fails a check and stops a prune', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path };
  const held = await lostWhileHeld(options);
  const before = bytesBelow(join(folder.path, 'vault/data'));
  const check = await cliEnds(13, options, 'check', '--vault', 'vault');
  assert.match(
    check.stdout + check.stderr,
    new RegExp(`snapshots/${held}.*is held and no record gave it up`),
  );
  const prune = ['prune', '--vault', 'vault', '--grace', '0s'];
  const preview = await cliEnds(0, options, ...prune, '--preview');
  assert.match(preview.stderr, /1 held point lost its snapshot/);
  await cliEnds(1, options, ...prune);
  assert.equal(bytesBelow(join(folder.path, 'vault/data')), before);
  await cliEnds(0, options, ...prune, '--despite-damage', '--why', 'the evidence is of no use');
  assert.ok(bytesBelow(join(folder.path, 'vault/data')) < before);
});

test('what is gone can be released and then given up with the commands that the check names', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path };
  const held = await lostWhileHeld(options, '--legal-hold');
  const short = held.slice(0, 8);
  const run = await cliEnds(13, options, 'check', '--vault', 'vault');
  const named = [...(run.stdout + run.stderr).matchAll(/`lifeboat ((?:unpin|forget) [^`]*) --why TEXT`/g)];
  const [unpin = [], forget = []] = named.map(([, line = '']) => [...line.split(' '), '--why', 'a mistake']);
  assert.deepEqual(unpin.slice(0, 3), ['unpin', '--legal-hold', short]);
  assert.deepEqual(forget.slice(0, 3), ['forget', '--point', short]);
  const prune = ['prune', '--vault', 'vault', '--grace', '0s'];
  const { stderr } = await cliEnds(1, options, ...prune);
  assert.match(stderr, /`lifeboat unpin ID --why TEXT` \(with --legal-hold where it is one\) releases first/);
  await cliEnds(1, options, ...forget, '--yes');
  const again = await cliEnds(1, options, 'pin', held, '--vault', 'vault', '--why', 'too late');
  assert.match(again.stderr, /is gone, and no record gave it up/);
  await cliEnds(0, options, ...unpin);
  await cliEnds(0, options, ...forget, '--yes');
  await cliEnds(0, options, 'check', '--vault', 'vault');
  const before = bytesBelow(join(folder.path, 'vault/data'));
  await cliEnds(0, options, ...prune);
  assert.ok(bytesBelow(join(folder.path, 'vault/data')) < before);
  await cliEnds(1, options, ...unpin);
});
