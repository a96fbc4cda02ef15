/** What is published: built, packed, installed into an empty folder, and run. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';

const root = path.resolve(import.meta.dirname, '../..');

test('the packed program installs into an empty folder and tells its version', () => {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'lifeboat-package-'));
  try {
    const tarball = pack(folder);
    const home = path.join(folder, 'home');
    fs.mkdirSync(home);
    fs.writeFileSync(path.join(home, 'package.json'), '{"private": true}\n');
    run('npm', ['install', '--prefer-offline', '--loglevel=error', '--no-audit', '--no-fund', tarball], home);
    const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
    const said = run(path.join(home, 'node_modules', '.bin', 'lifeboat'), ['--version'], home);
    assert.equal(said.trim(), version);
    assertNothingOfTheCheckout(path.join(home, 'node_modules', 'lifeboat'));
    assertWalPrograms(path.join(home, 'node_modules', '.bin'), home);
    assertRoundTrip(path.join(home, 'node_modules', '.bin', 'lifeboat'), home);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

function pack(folder: string): string {
  run(process.execPath, ['scripts/package.ts'], root);
  run('npm', ['pack', '--loglevel=error', '--pack-destination', folder, path.join(root, 'dist')], folder);
  const name = fs.readdirSync(folder).find((file) => file.endsWith('.tgz'));
  assert.ok(name, 'npm pack makes a tarball');
  return path.join(folder, name);
}

/** Threads and the chunker are found in the compiled package, too. */
function assertRoundTrip(lifeboat: string, home: string): void {
  fs.writeFileSync(path.join(home, 'password'), 'correct horse battery staple\n');
  const { LIFEBOAT_PASSWORD: _own, ...environment } = process.env;
  const env = {
    ...environment,
    LIFEBOAT_PASSWORD_FILE: 'password',
    LIFEBOAT_STATE_DIR: path.join(home, 'state'),
    XDG_CACHE_HOME: path.join(home, 'cache'),
  };
  const tell = (...words: string[]) => run(lifeboat, [...words, '--vault', 'vault'], home, env);
  run(lifeboat, ['vault', 'init', 'vault', '--no-recovery-key'], home, env);
  tell('backup', '--path', 'package.json');
  tell('rescue', 'restore', '--to', 'back');
  const restored = fs.readFileSync(path.join(home, 'back', fs.realpathSync(home), 'package.json'), 'utf8');
  assert.equal(restored, fs.readFileSync(path.join(home, 'package.json'), 'utf8'));
}

/** They start, and find what does their work alone. */
function assertWalPrograms(programs: string, home: string): void {
  const words = ['--socket', 'no.sock', '--ticket', 'no.ticket'];
  for (const [name, values, exitCode] of [
    ['lifeboat-restore-wal', ['00000002.history', 'out'], 200],
    ['lifeboat-archive-wal', ['package.json', '00000002.history'], 1],
  ] as const) {
    const env = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}` };
    const end = spawnSync(path.join(programs, name), [...words, ...values], { cwd: home, env });
    assert.equal(end.status, exitCode, name);
    assert.match(String(end.stderr), /the ticket no\.ticket cannot be read/);
  }
}

function assertNothingOfTheCheckout(installed: string): void {
  const files = fs.readdirSync(installed, { recursive: true, encoding: 'utf8' });
  assert.ok(
    files.some((file) => file.endsWith('.wasm')),
    'the chunker is inside',
  );
  assert.deepEqual(
    files.filter((file) => /\.ts$|\.test\./.test(file)),
    [],
  );
  const manifest = JSON.parse(fs.readFileSync(path.join(installed, 'package.json'), 'utf8'));
  assert.equal(manifest.optionalDependencies, undefined);
  assert.equal(manifest.devDependencies, undefined);
}

/** Runs with this Node first, as it would be on a machine that has Node 24. */
function run(program: string, args: readonly string[], cwd: string, base = process.env): string {
  const env = { ...base, PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}` };
  return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
