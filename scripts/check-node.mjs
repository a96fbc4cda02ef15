// Loaded before every script (`node --import`), in JavaScript that old versions of Node understand:
// they cannot read TypeScript, and would only say that the file extension is unknown.
import fs from 'node:fs';
import path from 'node:path';

const needed = 24;

if (Number(process.versions.node.split('.')[0]) < needed) {
  process.stderr.write(
    `This is Node ${process.versions.node}; Lifeboat needs Node ${needed} or newer.\n${advice()}\n`,
  );
  process.exit(1);
}

function advice() {
  const name = `node-linux-${process.arch}`;
  const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    return `Install Node ${needed} for this kind of machine; the checkout pins one for Linux on x64 and arm64 only.`;
  }
  if (!fs.existsSync(path.join(root, 'node_modules', name))) {
    return `The pinned one is missing: node_modules/${name} is not there. Run "npm ci" without --omit=optional.`;
  }
  return `The pinned one is in node_modules/.bin/node: use "npm run", or put that folder first in PATH.`;
}
