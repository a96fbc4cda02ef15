/**
 * `npm run build`: what is published, in `dist/`. Node strips no types below node_modules, so the published
 * package holds JavaScript; everything else that the program reads at run time lies beside it as in `src/`.
 */
import fs from 'node:fs';
import path from 'node:path';
import { publishedManifest } from './package/published-manifest.ts';
import { runLoudly } from './test/run-command.ts';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist');
/** Small young generations keep memory low: what passes through is buffers, which live outside. */
const shebang = '#!/usr/bin/env -S node --max-semi-space-size=4\n';

process.exitCode = await main();

async function main(): Promise<number> {
  fs.rmSync(dist, { recursive: true, force: true });
  const exitCode = await runLoudly(path.join(root, 'node_modules', '.bin', 'tsc'), [
    '-p',
    `${root}/tsconfig.build.json`,
  ]);
  if (exitCode !== 0) return exitCode;
  copyData();
  writeManifest();
  return makeProgram() ? 0 : 1;
}

/** Files that the program reads beside its code, and those that every package has. */
function copyData(): void {
  const isCode = (file: string) => file.endsWith('.ts') || file.includes('/golden/');
  for (const file of fs.globSync('src/**/*', { cwd: root })) {
    if (isCode(file) || !fs.statSync(path.join(root, file)).isFile()) continue;
    copy(file, path.relative('src', file));
  }
  for (const file of ['README.md', 'LICENSE', 'SECURITY.md', 'lifeboat.schema.json']) {
    if (fs.existsSync(path.join(root, file))) copy(file, file);
  }
}

function copy(from: string, to: string): void {
  fs.mkdirSync(path.dirname(path.join(dist, to)), { recursive: true });
  fs.copyFileSync(path.join(root, from), path.join(dist, to));
}

function writeManifest(): void {
  const manifest = publishedManifest(JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')));
  fs.writeFileSync(path.join(dist, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Makes the entry a program that a shell can start. */
function makeProgram(): boolean {
  const program = path.join(dist, 'main.js');
  if (!fs.existsSync(program)) {
    process.stderr.write('src/main.ts is not there: the package would have no program\n');
    return false;
  }
  const text = fs.readFileSync(program, 'utf8');
  fs.writeFileSync(program, text.startsWith('#!') ? text : shebang + text);
  fs.chmodSync(program, 0o755);
  return true;
}
