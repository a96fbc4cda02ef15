import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { hasCode } from '../../error/lifeboat-error.ts';
import type { CaptureEvent } from '../source.ts';
import { createEnvSource, type EnvSourceOptions } from './env-source.ts';
import { dotenvOf, jsonOf } from './variables-file.ts';

const environment = new Map([
  ['DATABASE_URL', 'postgres://shop:geheim@db/shop'],
  ['EMPTY', ''],
  ['QUOTED', `it's "so" $HOME \`x\``],
]);

function source(options: Partial<EnvSourceOptions>) {
  return createEnvSource({
    system: 'api',
    variables: [],
    files: [],
    read: (name) => environment.get(name),
    uid: 0,
    gid: 0,
    nowMs: () => 1_763_600_000_000,
    ...options,
  });
}

async function capture(options: Partial<EnvSourceOptions>) {
  await using running = await source(options).capture();
  const events = (await Array.fromAsync(running.events)).flat();
  return { events, result: await running.result() };
}

async function contentOf(events: readonly CaptureEvent[], name: string): Promise<string> {
  const event = events.find((one) => one.kind === 'entry' && one.name.toString() === name);
  assert.ok(event?.kind === 'entry', `${name} is there`);
  if (event.content.kind === 'path') return fs.readFileSync(event.content.path, 'utf8');
  assert.equal(event.content.kind, 'stream');
  const bytes = Buffer.concat(await Array.fromAsync(event.content.open()));
  assert.equal(bytes.length, event.metadata.size);
  return bytes.toString();
}

const anyValue = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));

test('variables are stored below the name of the system, for their owner only, and only counted', async () => {
  const { events, result } = await capture({ variables: ['DATABASE_URL', 'EMPTY', 'EMPTY'] });
  assert.deepEqual(
    events.map((event) => (event.kind === 'leave' ? '..' : event.name.toString())),
    ['env', 'api', 'variables.env', 'variables.json', '..', '..'],
  );
  const modes = events.flatMap((event) => (event.kind === 'leave' ? [] : [event.metadata.mode]));
  assert.deepEqual(modes, [0o40700, 0o40700, 0o100600, 0o100600]);
  const text = await contentOf(events, 'variables.env');
  assert.deepEqual({ ...parseEnv(text) }, { DATABASE_URL: 'postgres://shop:geheim@db/shop', EMPTY: '' });
  assert.deepEqual(result.values, { variables: 2, dotenvFiles: 0 });
});

test('any value comes back exactly from the JSON', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      assert.deepEqual(JSON.parse(jsonOf(new Map([['A', value]]))), { A: value });
    }),
  );
});

test('a shell loads any value exactly', () => {
  const values = fc.sample(
    fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0')),
    200,
  );
  values.push(...environment.values(), "'", "\\'", '"\\', "$(id)'", 'two\nlines', "it's\ntwo");
  const named = new Map(values.map((value, index) => [`LB_${index}`, value]));
  using folder = temporaryFolder();
  const file = path.join(folder.path, 'variables.env');
  fs.writeFileSync(file, dotenvOf(named));
  const out = execFileSync('sh', ['-c', 'set -a; . "$1"; exec env -0', 'sh', file], { encoding: 'utf8' });
  const loaded = new Map(
    out.split('\0').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  for (const [name, value] of named) assert.equal(loaded.get(name), value);
});

test('a dotenv library loads any value without a single quote exactly', () => {
  const value = fc.string({ unit: 'grapheme' }).filter((one) => !/['\0\r]/.test(one));
  fc.assert(
    fc.property(value, (one) => {
      assert.equal(parseEnv(dotenvOf(new Map([['A', one]])))['A'], one);
    }),
  );
});

test('missing variables are all named, their values never', async () => {
  const missing = source({ variables: ['DATABASE_URL', 'NOT_SET', 'NEITHER'] });
  const [finding] = await missing.preflight();
  assert.match(finding?.message ?? '', /variables are not set: NOT_SET, NEITHER$/);
  await assert.rejects(missing.capture(), (error) => {
    assert.ok(hasCode(error, 'SOURCE_MISSING'));
    assert.doesNotMatch(JSON.stringify(error) + error.message, /geheim/);
    return true;
  });
});

test('dotenv files keep their place, their mode and what stands behind a link', async () => {
  using folder = temporaryFolder();
  fs.mkdirSync(path.join(folder.path, 'shared'));
  fs.writeFileSync(path.join(folder.path, 'shared/.env'), 'A=1\n', { mode: 0o640 });
  fs.symlinkSync('shared/.env', path.join(folder.path, '.env'));
  const { events, result } = await capture({ files: [path.join(folder.path, '.env')] });
  const entered = events.flatMap((event) => (event.kind === 'enter' ? [event.name.toString()] : []));
  assert.equal(`/${entered.join('/')}`, folder.path);
  assert.equal(await contentOf(events, '.env'), 'A=1\n');
  const file = events.find((event) => event.kind === 'entry');
  assert.equal(file?.metadata.mode, 0o100640);
  assert.equal(file?.metadata.type, 'file');
  assert.deepEqual(result.values, { variables: 0, dotenvFiles: 1 });
});

test('a dotenv file that is missing, or none at all, is an error with a hint', async () => {
  using folder = temporaryFolder();
  const gone = source({ files: [path.join(folder.path, '.env')] });
  await assert.rejects(gone.capture(), (error) => hasCode(error, 'SOURCE_MISSING'));
  const [finding] = await source({ files: [folder.path] }).preflight();
  assert.match(finding?.message ?? '', /is not a regular file$/);
  assert.throws(() => source({ files: ['relative/.env'] }), /not a plain absolute path/);
  assert.throws(() => source({ variables: ['A-B'] }), /not the name of an environment variable/);
});
