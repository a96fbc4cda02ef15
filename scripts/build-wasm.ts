/** Compiles the chunker to WebAssembly: `node scripts/build-wasm.ts [output]`. The result is committed. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = process.argv[2] ?? 'src/repository/chunker/rabin.wasm';

const done = spawnSync(
  process.execPath,
  [
    'node_modules/assemblyscript/bin/asc.js',
    'src/repository/chunker/rabin.as.ts',
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--outFile',
    output,
  ],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = done.status ?? 1;
