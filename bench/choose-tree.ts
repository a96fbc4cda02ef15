/** Finds enough real files on this machine, in an order that favours many files. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface Tree {
  readonly paths: readonly string[];
  /** Regular files, and their bytes. */
  readonly files: number;
  readonly bytes: number;
}

export interface TreeLimits {
  readonly files: number;
  readonly bytes: number;
}

const candidates = [
  '/usr/share',
  path.join(os.homedir(), '.pyenv'),
  '/usr/include',
  '/usr/lib',
  path.join(os.homedir(), '.rustup'),
  path.join(os.homedir(), 'go'),
  path.join(os.homedir(), '.m2'),
  '/usr/local',
  '/usr/libexec',
  '/usr/bin',
  '/opt',
];

/** The folders named, whole; or candidates, and of the last one only as many subfolders as are needed. */
export function chooseTree(paths: readonly string[] | undefined, limits: TreeLimits | undefined): Tree {
  let tree: Tree = { paths: [], files: 0, bytes: 0 };
  for (const folder of paths ?? candidates) {
    if (limits && tree.files >= limits.files && tree.bytes >= limits.bytes) break;
    if (fs.existsSync(folder)) tree = limits ? addFolder(tree, folder, limits) : add(tree, folder);
  }
  return tree;
}

export function describeTree({ paths, files, bytes }: Tree): string {
  const shown = paths.length > 6 ? [...paths.slice(0, 5), `${paths.length - 5} more`] : paths;
  return `tree: ${files} files, ${(bytes / 1e9).toFixed(2)} GB in ${shown.join(', ')}`;
}

function add(tree: Tree, folder: string): Tree {
  const { files, bytes } = measureFolder(folder);
  return { paths: [...tree.paths, folder], files: tree.files + files, bytes: tree.bytes + bytes };
}

function addFolder(tree: Tree, folder: string, limits: TreeLimits): Tree {
  let grown = tree;
  const children = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const child of children) {
    grown = add(grown, path.join(folder, child.name));
    if (grown.files >= limits.files && grown.bytes >= limits.bytes) return grown;
  }
  return add(tree, folder);
}

/** Regular files below a folder, links not followed; a file with several names counts under each. */
export function measureFolder(folder: string): { readonly files: number; readonly bytes: number } {
  let files = 0;
  let bytes = 0;
  const stack = [folder];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const entry of fs.readdirSync(next, { withFileTypes: true })) {
      const full = path.join(next, entry.name);
      if (entry.isDirectory()) stack.push(full);
      if (!entry.isFile()) continue;
      files++;
      bytes += fs.statSync(full).size;
    }
  }
  return { files, bytes };
}
