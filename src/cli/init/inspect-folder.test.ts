import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { type InspectBounds, inspectFolder } from './inspect-folder.ts';
import { proposeSystems, withoutDatabases } from './propose-systems.ts';

const noTime = { monotonicMs: () => 0, signal: new AbortController().signal };

function write(folder: string, ...names: readonly string[]): void {
  for (const name of names) {
    fs.mkdirSync(join(folder, name, '..'), { recursive: true });
    fs.writeFileSync(join(folder, name), 'some text that is longer than a header of sixteen bytes');
  }
}

function database(path: string): void {
  fs.mkdirSync(join(path, '..'), { recursive: true });
  using made = new DatabaseSync(path);
  made.exec('create table orders(id integer primary key)');
}

async function proposalsFor(folder: string, bounds?: InspectBounds) {
  const content = await inspectFolder(folder, bounds === undefined ? noTime : { ...noTime, bounds });
  return { content, systems: proposeSystems(folder, content) };
}

test('databases are known by their first bytes, not by their names', async () => {
  using folder = temporaryFolder();
  database(join(folder.path, 'var/Shop.dat'));
  write(folder.path, 'var/not-one.db', 'empty.sqlite');
  fs.writeFileSync(join(folder.path, 'empty.sqlite'), '');
  const { systems } = await proposalsFor(folder.path);
  assert.deepEqual(
    systems.map(({ name, source }) => [name, source.kind]),
    [['shop-dat-db', 'sqlite']],
  );
});

test('folders of uploads are proposed, and neither programs nor vaults are', async () => {
  using folder = temporaryFolder();
  write(folder.path, 'public/files/a.jpg', 'uploads/x/b.txt', 'src/main.js', 'node_modules/media/c.jpg');
  write(folder.path, 'backup/config', 'backup/keys/k', 'backup/data/d', 'backup/snapshots/s', 'media/.keep');
  for (let index = 0; index < 60; index += 1) write(folder.path, `scans/${index}.pdf`, `code/${index}.js`);
  fs.symlinkSync(join(folder.path, 'uploads'), join(folder.path, 'storage'));
  const { systems } = await proposalsFor(folder.path);
  assert.deepEqual(systems.map(({ name }) => name).sort(), ['files', 'media', 'scans', 'uploads']);
});

test('a database inside a folder is left out of it only while it is a system of its own', async () => {
  using folder = temporaryFolder();
  database(join(folder.path, 'data/a [1].db'));
  write(folder.path, 'data/notes.txt');
  const { systems } = await proposalsFor(folder.path);
  const excludes = (chosen: typeof systems) =>
    withoutDatabases(chosen).flatMap(({ source }) => (source.kind === 'files' ? source.exclude : []));
  assert.equal(excludes(systems)[0], '/a\\ \\[1\\].db');
  assert.deepEqual(excludes(systems.filter(({ source }) => source.kind === 'files')), []);
});

test('dotenv files are found, examples are not, and no value is in what is proposed', async () => {
  using folder = temporaryFolder();
  fs.writeFileSync(join(folder.path, '.env'), 'TOKEN=very-secret\n');
  write(folder.path, '.env.production', '.env.example', 'api/.env');
  const { systems } = await proposalsFor(folder.path);
  assert.deepEqual(
    systems.map(({ name, says }) => [name, says]),
    [
      ['settings', 'settings .env, .env.production, values are not shown'],
      ['api-settings', 'settings api/.env, values are not shown'],
    ],
  );
});

test('the walk ends at its bounds and says so', async () => {
  using folder = temporaryFolder();
  for (let index = 0; index < 30; index += 1) write(folder.path, `uploads/${index}.txt`);
  write(folder.path, 'a/b/c/uploads/deep.txt');
  const bounds = { depthMax: 8, entriesMax: 10_000, durationMsMax: 5_000 };
  assert.equal((await proposalsFor(folder.path, bounds)).content.complete, true);
  for (const smaller of [{ depthMax: 2 }, { entriesMax: 12 }, { durationMsMax: -1 }]) {
    const { content } = await proposalsFor(folder.path, { ...bounds, ...smaller });
    assert.equal(content.complete, false, JSON.stringify(smaller));
  }
});

test('a folder that is not there raises, an abort ends the walk', async () => {
  using folder = temporaryFolder();
  await assert.rejects(inspectFolder(join(folder.path, 'gone'), noTime), { code: 'ENOENT' });
  const aborted = { ...noTime, signal: AbortSignal.abort(new Error('stop')) };
  await assert.rejects(inspectFolder(folder.path, aborted), /stop/);
});
